import argparse
from dataclasses import dataclass, field
from functools import partial

import keras
import numpy as np
from keras import layers


@dataclass
class Config:
    """What the network looks like."""

    image_size: int = 64
    channels: int = 3
    widths: tuple = (32, 64, 128)
    kernel: int = 3
    classes: int = 7
    dropout: float = 0.2
    head: list = field(default_factory=lambda: [256, 128])


def parse_args():
    parser = argparse.ArgumentParser()
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--pool", type=int, default=2)
    return parser.parse_args()


class Classifier:
    """Builds, trains and asks the network."""

    def __init__(self, config: Config, pool: int):
        self.config = config
        self.pool = pool
        self.model = self._build()

    def _build(self):
        cfg = self.config
        conv = partial(layers.Conv2D, kernel_size=cfg.kernel, padding="same", activation="relu")
        inputs = keras.Input((cfg.image_size, cfg.image_size, cfg.channels))
        x = inputs
        for i, width in enumerate(cfg.widths):
            x = conv(width, name=f"conv_{i}")(x)
            x = layers.MaxPooling2D(self.pool, name=f"pool_{i}")(x)
        x = layers.Flatten()(x)
        for units in cfg.head:
            x = layers.Dense(units, activation="relu")(x)
            x = layers.Dropout(cfg.dropout)(x)
        outputs = layers.Dense(cfg.classes, activation="softmax")(x)
        return keras.Model(inputs, outputs)

    def train(self, x, y, batch_size):
        self.model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return self.model.fit(x, y, batch_size=batch_size, epochs=1)

    def predict(self, x):
        return self.model.predict(x).argmax(axis=-1)


def main():
    args = parse_args()
    config = Config()
    classifier = Classifier(config, args.pool)
    x = np.random.rand(80, config.image_size, config.image_size, config.channels)
    y = np.random.randint(0, config.classes, 80)
    classifier.train(x, y, args.batch_size)
    print(classifier.predict(x[:4]))


if __name__ == "__main__":
    main()
