"""Digits, as tutorials of Keras 1 wrote it."""
import numpy as np
from keras.models import Sequential
from keras.layers import Activation, Dense, Dropout, Flatten
from keras.layers import Convolution2D, MaxPooling2D
from keras.optimizers import SGD
from keras import utils as np_utils
import keras

nb_classes = 10
X = np.random.rand(64, 28, 28, 1).astype("float32")
y = np.random.randint(0, nb_classes, 64)
Y = np_utils.to_categorical(y, nb_classes)

model = Sequential()
model.add(keras.Input((28, 28, 1)))
model.add(Convolution2D(32, (3, 3), padding="valid"))  # 26 x 26
model.add(Activation("relu"))
model.add(Convolution2D(32, (3, 3)))  # 24 x 24
model.add(Activation("relu"))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Dropout(rate=0.25))
model.add(Flatten())
model.add(Dense(units=128, kernel_initializer="he_normal"))
model.add(Activation("relu"))
model.add(Dense(nb_classes))
model.add(Activation("softmax"))

model.compile(loss="categorical_crossentropy", optimizer=SGD(learning_rate=0.01, momentum=0.9), metrics=["accuracy"])
model.fit(X, Y, batch_size=32, epochs=1, verbose=0)
guess = model.predict(X).argmax(axis=-1)
print("accuracy", (guess == y).mean())
