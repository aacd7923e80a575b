import math

import keras
import numpy as np
from keras import layers


class Batches(keras.utils.PyDataset):
    """Images and boxes, batch by batch."""

    def __init__(self, x, y, batch_size, **kwargs):
        super().__init__(**kwargs)
        self.x, self.y, self.batch_size = x, y, batch_size

    def __len__(self):
        return math.ceil(len(self.x) / self.batch_size)

    def __getitem__(self, index):
        low = index * self.batch_size
        high = min(low + self.batch_size, len(self.x))
        return self.x[low:high], self.y[low:high]


def endless(x, y, batch_size=32):
    while True:
        chosen = np.random.choice(len(x), batch_size)
        yield x[chosen], y[chosen]


images = np.random.rand(300, 48, 48, 1).astype("float32")
boxes = np.random.rand(300, 4).astype("float32")

model = keras.Sequential()
model.add(keras.Input((48, 48, 1)))
for filters in [8, 16, 32]:
    model.add(layers.Conv2D(filters, 3, padding="same"))
    model.add(layers.BatchNormalization())
    model.add(layers.ReLU())
    model.add(layers.MaxPooling2D())
model.add(layers.Flatten())
model.add(layers.Dense(32, activation="relu"))
model.add(layers.Dense(4))
model.compile(optimizer="adam", loss="mse", metrics=["mae"])
model.fit(Batches(images, boxes, 32), epochs=1)
model.fit(endless(images, boxes), steps_per_epoch=4, epochs=1)
