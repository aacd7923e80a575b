"""A first convolution network on MNIST-like images, as many guides teach it."""

import numpy as np
from tensorflow.keras import Sequential, layers

x_train = np.random.rand(1000, 28, 28, 1)
y_train = np.random.randint(0, 10, 1000)


def build_model():
    return Sequential([
        layers.Conv2D(filters=16, kernel_size=(5, 5), activation="relu", input_shape=(28, 28, 1)),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(10, activation="softmax"),
    ])


def build_wide_view():
    """The same with a wider field of view."""
    return Sequential([
        layers.Input((28, 28, 1)),
        layers.Conv2D(16, 5, dilation_rate=2, activation="relu"),
        layers.Flatten(),
        layers.Dense(10, activation="softmax"),
    ])


if __name__ == "__main__":
    model = build_model()
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    model.fit(x_train, y_train, epochs=1)
