"""A small digit classifier from 2016, run on today's Keras."""

from keras.layers import Activation, Convolution2D, Dense, Dropout, Flatten, Input
from keras.models import Model

NB_CLASSES = 10
IMAGE_SHAPE = (32, 32, 1)


def convolution_block(x, nb_filter, size):
    x = Convolution2D(filters=nb_filter, kernel_size=(size, size), strides=(1, 1), padding="same")(x)
    return Activation("relu")(x)


def build_model():
    inputs = Input(shape=IMAGE_SHAPE)
    x = convolution_block(inputs, 10, 8)
    x = Dropout(rate=0.25)(x)
    x = Flatten()(x)
    outputs = Dense(units=NB_CLASSES, kernel_initializer="uniform", activation="softmax")(x)
    return Model(inputs=inputs, outputs=outputs)


if __name__ == "__main__":
    build_model().summary()
