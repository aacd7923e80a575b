"""Reviews as words, with generators and the recurrent layers of Keras 2."""
import numpy as np
import keras
from keras.layers import LSTM as CuDNNLSTM
from keras.layers import Bidirectional, Dense, Embedding, Input
from keras.layers import concatenate
from keras.models import Model
from keras.optimizers import Adam

words, length = 500, 12


def batches(size):
    while True:
        texts = np.random.randint(1, words, (size, length))
        stars = np.random.rand(size, 1)
        yield (texts, stars), np.random.randint(0, 2, (size, 1))


texts = Input(shape=(length,))
stars = Input(shape=(1,))
x = Embedding(words, 16)(texts)
x = Bidirectional(CuDNNLSTM(8))(x)
x = concatenate([x, stars])
likes = Dense(1, activation="sigmoid")(x)

model = Model(inputs=[texts, stars], outputs=likes)
model.compile(loss="binary_crossentropy", optimizer=Adam(learning_rate=keras.optimizers.schedules.InverseTimeDecay(0.001, decay_steps=1, decay_rate=0.01)), metrics=["acc"])
model.fit(batches(16), steps_per_epoch=2, epochs=1, verbose=0)
loss, accuracy = model.evaluate(batches(16), steps=2)
print("loss", round(loss, 3), "shape", model.output_shape)
