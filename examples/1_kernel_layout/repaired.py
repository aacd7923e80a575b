"""A JPEG-like layer, ported from PyTorch line by line: block DCT by convolution."""

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import backend as K


def dct_coefficient(n, k, size):
    scale = np.sqrt(1 / size) if k == 0 else np.sqrt(2 / size)
    return scale * np.cos(np.pi * (2 * n + 1) * k / (2 * size))


def dct_filters(size=8):
    """One filter per frequency, in PyTorch's order: (out, in, height, width)."""
    filters = np.zeros((size * size, 1, size, size), dtype=np.float32)
    for v in range(size):
        for u in range(size):
            for y in range(size):
                for x in range(size):
                    value = dct_coefficient(y, v, size) * dct_coefficient(x, u, size)
                    filters[v * size + u, 0, y, x] = value
    return filters


class JpegCompression(keras.layers.Layer):
    """Keeps the low frequencies of each 8 x 8 block of an NCHW image."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dct_weights = dct_filters()

    def apply_conv(self, image):
        channels = []
        for channel in range(image.shape[1]):
            plane = K.expand_dims(image[:, channel, :, :], 1)
            blocks = K.conv2d(plane, np.transpose(self.dct_weights, (2, 3, 1, 0)), strides=(8, 8), data_format="channels_first")
            blocks = keras.ops.transpose(blocks, (0, 2, 3, 1))
            blocks = K.reshape(blocks, (-1, blocks.shape[1], blocks.shape[2], 8, 8))
            blocks = K.permute_dimensions(blocks, (0, 1, 3, 2, 4))
            blocks = K.reshape(blocks, (-1,
                                        blocks.shape[1] * blocks.shape[2],
                                        blocks.shape[3] * blocks.shape[4]))
            blocks = K.expand_dims(blocks, 1)  # one more axis for the channels
            channels.append(blocks)
        return K.concatenate(channels, axis=1)

    def call(self, image):
        return self.apply_conv(image)


def build_model():
    image = keras.Input((3, 32, 32))
    noised = JpegCompression()(image)
    return keras.Model(image, noised)


if __name__ == "__main__":
    build_model().summary()
