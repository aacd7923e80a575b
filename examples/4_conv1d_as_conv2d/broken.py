"""The window over words and numbers, given to the layer that only slides over words."""

from tensorflow import keras
from tensorflow.keras import layers


def build_model():
    words = keras.Input((600, 300))
    features = layers.Conv1D(64, (3, 300), activation="relu")(words)
    return keras.Model(words, layers.GlobalMaxPooling1D()(features))


if __name__ == "__main__":
    build_model().summary()
