import numpy as np
from keras import Input, Model
from keras.datasets import fashion_mnist
from keras.layers import Conv2D, MaxPooling2D, UpSampling2D

(x_train, _), (x_test, _) = fashion_mnist.load_data()
x_train = np.reshape(x_train.astype("float32") / 255.0, (len(x_train), 28, 28, 1))
x_test = np.reshape(x_test.astype("float32") / 255.0, (len(x_test), 28, 28, 1))

noise = 0.3
noisy = np.clip(x_train + noise * np.random.normal(size=x_train.shape), 0.0, 1.0)

image = Input(shape=(28, 28, 1))
x = Conv2D(32, (3, 3), activation="relu", padding="same")(image)
x = MaxPooling2D((2, 2), padding="same")(x)
x = Conv2D(32, (3, 3), activation="relu", padding="same")(x)
encoded = MaxPooling2D((2, 2), padding="same")(x)
x = Conv2D(32, (3, 3), activation="relu", padding="same")(encoded)
x = UpSampling2D((2, 2))(x)
x = Conv2D(32, (3, 3), activation="relu", padding="same")(x)
x = UpSampling2D((2, 2))(x)
decoded = Conv2D(1, (3, 3), activation="sigmoid", padding="same")(x)

autoencoder = Model(image, decoded)
autoencoder.compile(optimizer="adam", loss="binary_crossentropy")
autoencoder.fit(noisy, x_train, epochs=1, batch_size=128, shuffle=True, validation_data=(x_test, x_test))
encoder = Model(image, encoded)
codes = encoder.predict(x_test)
print(codes.reshape(len(codes), 7 * 7 * 32).shape)
