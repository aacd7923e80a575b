"""Photos, as tf.keras of TensorFlow 2.2 had it."""
import os
import tempfile

import numpy as np
import tensorflow as tf
from tensorflow.keras import layers
from tensorflow.keras.layers.experimental.preprocessing import Rescaling
from tensorflow.keras.optimizers.legacy import RMSprop

tf.random.set_seed(1)
os.chdir(tempfile.mkdtemp())
photos = tf.cast(tf.floor(tf.random.uniform((32, 32, 32, 3)) * 255), tf.float32)
labels = tf.random.uniform((32, 1)) > 0.5

model = tf.keras.Sequential([
    Rescaling(1 / 255, input_shape=(32, 32, 3)),
    layers.Conv2D(8, 3, padding="same"),
    layers.BatchNormalization(fused=True),
    layers.LeakyReLU(alpha=0.1),
    layers.GlobalAveragePooling2D(),
    layers.Dense(1, activation="sigmoid"),
])
model.compile(RMSprop(learning_rate=0.001), "binary_crossentropy", metrics=["accuracy"])
best = tf.keras.callbacks.ModelCheckpoint("best.h5", save_weights_only=True, period=1)
small = tf.image.resize(photos, (32, 32))
model.fit(small, tf.cast(labels, tf.float32), epochs=1, verbose=0, callbacks=[best], use_multiprocessing=False)
sure = model.predict_proba(small)
cats = model.predict_classes(small)
model.save("photos")
print("cats", int(cats.sum()), "rate", float(model.optimizer.lr))
