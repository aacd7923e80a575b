import numpy as np
import tensorflow as tf
from tensorflow.keras import backend as K
from tensorflow.keras import layers

channel_axis = 1 if K.image_data_format() == "channels_first" else -1


def squeeze_excite(x, ratio=8):
    channels = x.shape[channel_axis]
    s = layers.GlobalAveragePooling2D()(x)
    s = layers.Reshape((1, 1, channels))(s)
    s = layers.Dense(channels // ratio, activation="relu")(s)
    s = layers.Dense(channels, activation="sigmoid")(s)
    return layers.Multiply()([x, s])


def inception(x, f1, f3, f5, fp):
    a = layers.Conv2D(f1, 1, padding="same", activation="relu")(x)
    b = layers.Conv2D(f3, 3, padding="same", activation="relu")(x)
    c = layers.Conv2D(f5, 5, padding="same", activation="relu")(x)
    d = layers.MaxPooling2D(3, strides=1, padding="same")(x)
    d = layers.Conv2D(fp, 1, padding="same", activation="relu")(d)
    return layers.Concatenate(axis=channel_axis)([a, b, c, d])


class ChannelShuffle(layers.Layer):
    """Exchanges the channels of the groups."""

    def __init__(self, groups):
        super().__init__()
        self.groups = groups

    def call(self, x):
        height, width, channels = x.shape[1:]
        x = tf.reshape(x, [-1, height, width, self.groups, channels // self.groups])
        x = tf.transpose(x, [0, 1, 2, 4, 3])
        return tf.reshape(x, [-1, height, width, channels])


class Blur(layers.Layer):
    """A fixed box filter."""

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(3, 3, input_shape[-1], input_shape[-1]), initializer="ones")

    def call(self, x):
        return tf.nn.conv2d(x, self.kernel, strides=[1, 1, 1, 1], padding="SAME")


inputs = layers.Input((64, 64, 3))
x = layers.Conv2D(32, 3, padding="same")(inputs)
x = squeeze_excite(x)
x = inception(x, 16, 32, 8, 8)
x = ChannelShuffle(4)(x)
x = Blur()(x)
x = layers.ZeroPadding2D(1)(x)
x = layers.Conv2D(48, 3, strides=2)(x)
x = layers.Permute((3, 1, 2))(x)
x = layers.Reshape((48, 32 * 32))(x)
x = layers.LSTM(20)(x)
outputs = layers.Dense(6, activation="softmax")(x)
model = tf.keras.Model(inputs, outputs)
model.compile("sgd", "sparse_categorical_crossentropy")
batch = np.random.rand(8, 64, 64, 3)
model.train_on_batch(batch, np.array([0, 1, 2, 3, 4, 5, 0, 1]))
