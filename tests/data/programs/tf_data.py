import tensorflow as tf
from tensorflow.keras import layers

AUTOTUNE = tf.data.AUTOTUNE
IMAGE_SIZE = 96
(train_images, train_labels), (test_images, test_labels) = tf.keras.datasets.cifar10.load_data()


def preprocess(image, label):
    image = tf.image.resize(image, (IMAGE_SIZE, IMAGE_SIZE))
    image = tf.cast(image, tf.float32) / 255.0
    label = tf.one_hot(tf.squeeze(label), 10)
    return image, label


def augment(image, label):
    return tf.image.random_flip_left_right(image), label


train_ds = (
    tf.data.Dataset.from_tensor_slices((train_images, train_labels))
    .shuffle(1000)
    .map(preprocess, num_parallel_calls=AUTOTUNE)
    .map(augment)
    .batch(64)
    .prefetch(AUTOTUNE)
)
test_ds = tf.data.Dataset.from_tensor_slices((test_images, test_labels)).map(preprocess).batch(64)

model = tf.keras.Sequential(
    [
        layers.Input((IMAGE_SIZE, IMAGE_SIZE, 3)),
        layers.SeparableConv2D(32, 3, strides=2, padding="same", activation="relu"),
        layers.DepthwiseConv2D(3, padding="same"),
        layers.GlobalMaxPooling2D(),
        layers.Dense(10, activation="softmax"),
    ]
)
model.compile("adam", loss="categorical_crossentropy", metrics=["accuracy"])
model.fit(train_ds, validation_data=test_ds, epochs=1)
