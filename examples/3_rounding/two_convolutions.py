"""The same 7 x 7 box filter twice: by tf.nn.conv2d and by a Conv2D layer. Are they equal?"""

import numpy as np
import tensorflow as tf
from tensorflow import keras


def by_function(batch):
    channels = batch.shape[-1]
    filters = np.ones(shape=(7, 7, channels, 1), dtype=np.float32)
    return tf.nn.conv2d(batch, filters, strides=1, padding="SAME", data_format="NHWC")


def by_layer(batch):
    inputs = keras.layers.Input(shape=batch.shape[1:])
    outputs = keras.layers.Conv2D(filters=1, kernel_size=7, padding="SAME", kernel_initializer="ones")(inputs)
    model = keras.Model(inputs=inputs, outputs=outputs)
    return model.predict(batch, verbose=0)


if __name__ == "__main__":
    from sklearn.datasets import load_sample_image

    china = load_sample_image("china.jpg") / 255
    batch = np.array([china])
    difference = np.abs(by_function(batch) - by_layer(batch))
    print("sum of differences:", difference.sum())
