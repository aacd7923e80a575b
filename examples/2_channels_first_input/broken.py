"""A small digit classifier from 2016, run on today's Keras."""

from keras.layers import Activation, Convolution2D, Dense, Dropout, Flatten, Input
from keras.models import Model

NB_CLASSES = 10
IMAGE_SHAPE = (1, 32, 32)


def convolution_block(x, nb_filter, size):
    x = Convolution2D(nb_filter=nb_filter, nb_row=size, nb_col=size, subsample=(1, 1), border_mode="same")(x)
    return Activation("relu")(x)


def build_model():
    inputs = Input(shape=IMAGE_SHAPE)
    x = convolution_block(inputs, 10, 8)
    x = Dropout(p=0.25)(x)
    x = Flatten()(x)
    outputs = Dense(output_dim=NB_CLASSES, init="uniform", activation="softmax")(x)
    return Model(input=inputs, output=outputs)


if __name__ == "__main__":
    build_model().summary()
