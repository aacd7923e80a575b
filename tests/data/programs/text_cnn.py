import keras
import numpy as np
from keras import layers, models
from keras.datasets import reuters

vocabulary = 5000
length = 120
(x_train, y_train), (x_test, y_test) = reuters.load_data(num_words=vocabulary)
x_train = keras.utils.pad_sequences(x_train, maxlen=length, padding="post")
x_test = keras.utils.pad_sequences(x_test, maxlen=length, padding="post")
classes = 46
y_train = keras.utils.to_categorical(y_train, classes)
y_test = keras.utils.to_categorical(y_test, classes)
matrix = np.random.rand(vocabulary, 50)

tokens = keras.Input(shape=(length,), dtype="int32")
embedded = layers.Embedding(vocabulary, 50, weights=[matrix], trainable=False)(tokens)
branches = []
for size in (3, 4, 5):
    branch = layers.Conv1D(64, size, activation="relu")(embedded)
    branch = layers.GlobalMaxPooling1D()(branch)
    branches.append(branch)
merged = layers.Concatenate()(branches)
merged = layers.Dropout(0.3)(merged)
output = layers.Dense(classes, activation="softmax")(merged)
network = models.Model(tokens, output)
network.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
network.fit(x_train, y_train, batch_size=64, epochs=1, validation_data=(x_test, y_test))
