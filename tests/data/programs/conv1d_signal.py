import numpy as np
import tensorflow as tf
from tensorflow.keras import regularizers
from tensorflow.keras.layers import (
    Activation,
    BatchNormalization,
    Conv1D,
    Dense,
    Flatten,
    Input,
    MaxPooling1D,
    TimeDistributed,
)
from tensorflow.keras.models import Model

WINDOW = 512
N_CLASSES = 5
signals = np.random.randn(200, WINDOW * 2)
labels = np.random.randint(0, N_CLASSES, size=200)
signals = signals.reshape(200, WINDOW, 2)
one_hot = np.eye(N_CLASSES)[labels]

inp = Input(shape=(WINDOW, 2))
x = Conv1D(16, 9, padding="causal", dilation_rate=2, kernel_regularizer=regularizers.l2(1e-4))(inp)
x = BatchNormalization()(x)
x = Activation("relu")(x)
x = MaxPooling1D(4)(x)
x = Conv1D(32, 5, strides=2)(x)
x = Activation("relu")(x)
x = TimeDistributed(Dense(8))(x)
x = Flatten()(x)
out = Dense(N_CLASSES, activation="softmax")(x)
model = Model(inputs=inp, outputs=out)
model.compile(
    optimizer=tf.keras.optimizers.SGD(learning_rate=0.01, momentum=0.9),
    loss=tf.keras.losses.CategoricalCrossentropy(),
    metrics=["accuracy"],
)
model.fit(signals, one_hot, batch_size=20, epochs=1)
probabilities = model.predict(signals[:3])
