"""Photos, as tf.keras of TensorFlow 2.2 had it."""
import os
import tempfile

import numpy as np
import tensorflow as tf
from tensorflow.keras import layers
from tensorflow.keras.layers import Rescaling
from tensorflow.keras.optimizers import RMSprop

tf.random.set_seed(1)
os.chdir(tempfile.mkdtemp())
photos = tf.cast(tf.floor(tf.random.uniform((32, 32, 32, 3)) * 255), tf.float32)
labels = tf.random.uniform((32, 1)) > 0.5

model = tf.keras.Sequential([
    tf.keras.Input((32, 32, 3)),
    Rescaling(1 / 255),
    layers.Conv2D(8, 3, padding="same"),
    layers.BatchNormalization(),
    layers.LeakyReLU(negative_slope=0.1),
    layers.GlobalAveragePooling2D(),
    layers.Dense(1, activation="sigmoid"),
])
model.compile(RMSprop(learning_rate=0.001), "binary_crossentropy", metrics=["accuracy"])
best = tf.keras.callbacks.ModelCheckpoint("best.weights.h5", save_weights_only=True)
small = tf.image.resize(photos, (32, 32))
model.fit(small, tf.cast(labels, tf.float32), epochs=1, verbose=0, callbacks=[best])
sure = model.predict(small)
cats = (model.predict(small) > 0.5).astype("int32")
model.save("photos.keras")
print("cats", int(cats.sum()), "rate", float(model.optimizer.learning_rate))
