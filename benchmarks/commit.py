"""How long one commit waits: ``convlint check`` of three ordinary files, beyond what Python itself takes to start.

Usage: ``python benchmarks/commit.py`` on a quiet machine. Prints the best of ten.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MODEL = """\
import keras
from keras import layers


def build(size={size}, classes=10):
    image = keras.Input((size, size, 3))
    x = layers.Rescaling(1 / 255)(image)
    for filters in (32, 64, 128):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = layers.BatchNormalization()(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    x = layers.Dropout(0.5)(x)
    return keras.Model(image, layers.Dense(classes, activation="softmax")(x))


def train(epochs=3):
    (images, labels), (test_images, test_labels) = keras.datasets.cifar10.load_data()
    model = build(images.shape[1])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(images, labels, epochs=epochs, validation_data=(test_images, test_labels))
    return model


if __name__ == "__main__":
    train().save("model.keras")
"""
RUNS = 10


def best(*words: str, folder: str, names: Sequence[str] = ()) -> tuple[float, float]:
    """Seconds of the fastest run, and the least processor time; before each, the files are changed as by a commit."""
    seconds, busy = [], []
    for number in range(RUNS):
        for name in names:
            Path(folder, name).write_text(MODEL.format(size=name[6:8]) + f"# {number}\n", encoding="utf-8")
        start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *words, *names], cwd=folder, capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(time.perf_counter() - start)
        busy.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(seconds), min(busy)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        python = best("-c", "pass", folder=folder)
        names = [f"model_{size}.py" for size in (32, 64, 96)]
        whole = best("-m", "convlint", "check", "--isolated", folder=folder, names=names)
        for what, all_of_it, start in zip(("elapsed", "processor"), whole, python):
            print(f"{what:<10} {all_of_it - start:.2f} s beyond Python's own {start:.2f} s")


if __name__ == "__main__":
    main()
