"""Digits, as tutorials of Keras 1 wrote it."""
import numpy as np
from keras.models import Sequential
from keras.layers.core import Activation, Dense, Dropout, Flatten
from keras.layers.convolutional import Convolution2D, MaxPooling2D
from keras.optimizers import SGD
from keras.utils import np_utils

nb_classes = 10
X = np.random.rand(64, 28, 28, 1).astype("float32")
y = np.random.randint(0, nb_classes, 64)
Y = np_utils.to_categorical(y, nb_classes)

model = Sequential()
model.add(Convolution2D(32, 3, 3, border_mode="valid", input_shape=(28, 28, 1)))  # 26 x 26
model.add(Activation("relu"))
model.add(Convolution2D(32, 3, 3))  # 24 x 24
model.add(Activation("relu"))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Dropout(p=0.25))
model.add(Flatten())
model.add(Dense(output_dim=128, init="he_normal"))
model.add(Activation("relu"))
model.add(Dense(nb_classes))
model.add(Activation("softmax"))

model.compile(loss="categorical_crossentropy", optimizer=SGD(lr=0.01, momentum=0.9), metrics=["accuracy"])
model.fit(X, Y, batch_size=32, nb_epoch=1, verbose=0)
guess = model.predict_classes(X)
print("accuracy", (guess == y).mean())
