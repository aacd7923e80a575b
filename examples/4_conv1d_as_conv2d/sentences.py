"""600 words with 300 numbers each: the same convolution over sentences, written in two ways."""

from tensorflow import keras
from tensorflow.keras import layers


def by_conv1d():
    words = keras.Input((600, 300))
    features = layers.Conv1D(64, 3)(words)
    return keras.Model(words, features)


def by_conv2d():
    image = keras.Input((600, 300, 1))
    features = layers.Conv2D(64, (3, 300))(image)
    return keras.Model(image, features)
