import numpy as np
import tensorflow as tf
from tensorflow import keras


class Linear(keras.layers.Layer):
    """A dense layer by hand."""

    def __init__(self, units=32, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer="random_normal", trainable=True)
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", trainable=True)

    def call(self, inputs):
        return tf.matmul(inputs, self.w) + self.b


class PatchMean(keras.layers.Layer):
    """The mean of each patch."""

    def __init__(self, size):
        super().__init__()
        self.size = size

    def call(self, images):
        batch = tf.shape(images)[0]
        height, width, channels = images.shape[1], images.shape[2], images.shape[3]
        rows, cols = height // self.size, width // self.size
        patches = tf.reshape(images, (batch, rows, self.size, cols, self.size, channels))
        return tf.reduce_mean(patches, axis=[2, 4])


class Edges(keras.layers.Layer):
    """A fixed filter for each channel."""

    def build(self, input_shape):
        kernel = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]], "float32")
        self.kernel = np.tile(kernel[:, :, None, None], (1, 1, input_shape[-1], 1))

    def call(self, x):
        return tf.nn.depthwise_conv2d(x, self.kernel, strides=[1, 1, 1, 1], padding="SAME")


class Net(keras.Model):
    """Patches, edges, two linear layers."""

    def __init__(self, classes=5):
        super().__init__()
        self.patches = PatchMean(4)
        self.edges = Edges()
        self.flatten = keras.layers.Flatten()
        self.hidden = Linear(64)
        self.head = Linear(classes)

    def call(self, inputs):
        x = self.edges(self.patches(inputs))
        x = self.flatten(x)
        x = tf.nn.relu(self.hidden(x))
        return self.head(x)


model = Net()
logits = model(tf.zeros((2, 32, 32, 3)))
images = np.random.rand(64, 32, 32, 3).astype("float32")
labels = np.random.randint(0, 5, size=(64,))
model.compile(
    optimizer="sgd", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"]
)
model.fit(images, labels, epochs=1)
