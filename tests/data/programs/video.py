import numpy as np
from tensorflow import keras
from tensorflow.keras import layers

frames, size = 10, 32
films = np.random.rand(24, frames, size, size, 3).astype("float32")
kinds = np.array([0, 1, 2] * 8)
kinds = keras.utils.to_categorical(kinds)

model = keras.Sequential()
model.add(layers.TimeDistributed(layers.Conv2D(8, 3, activation="relu"), input_shape=(frames, size, size, 3)))
model.add(layers.TimeDistributed(layers.MaxPooling2D()))
model.add(layers.TimeDistributed(layers.Flatten()))
model.add(layers.GRU(16, return_sequences=True))
model.add(layers.GRU(16))
model.add(layers.Dense(3, activation="softmax"))
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(films, kinds, batch_size=4, epochs=1)

recurrent = keras.Sequential(
    [
        layers.Input((frames, size, size, 3)),
        layers.ConvLSTM2D(8, (3, 3), padding="same", return_sequences=True),
        layers.Conv3D(1, (3, 3, 3), padding="same", activation="sigmoid"),
    ]
)
recurrent.compile(loss="mse", optimizer="adam")
recurrent.fit(films, films.mean(axis=-1, keepdims=True), batch_size=4, epochs=1)
