import numpy as np
from keras import Model, layers, ops
from keras.models import Sequential


def euclidean_distance(vectors):
    x, y = vectors
    return ops.sqrt(ops.maximum(ops.sum(ops.square(x - y), axis=1, keepdims=True), 1e-7))


def contrastive_loss(margin=1):
    def loss(y_true, y_pred):
        square_pred = ops.square(y_pred)
        margin_square = ops.square(ops.maximum(margin - y_pred, 0))
        return ops.mean((1 - y_true) * square_pred + y_true * margin_square)

    return loss


def build_embedding(shape):
    return Sequential(
        [
            layers.Input(shape),
            layers.BatchNormalization(),
            layers.Conv2D(4, (5, 5), activation="tanh"),
            layers.AveragePooling2D(pool_size=(2, 2)),
            layers.Conv2D(16, (5, 5), activation="tanh"),
            layers.AveragePooling2D(pool_size=(2, 2)),
            layers.Flatten(),
            layers.Dense(10, activation="tanh"),
        ]
    )


embedding = build_embedding((28, 28, 1))
input_1 = layers.Input((28, 28, 1))
input_2 = layers.Input((28, 28, 1))
tower_1 = embedding(input_1)
tower_2 = embedding(input_2)
merged = layers.Lambda(euclidean_distance, output_shape=(1,))([tower_1, tower_2])
outputs = layers.Dense(1, activation="sigmoid")(layers.BatchNormalization()(merged))
siamese = Model(inputs=[input_1, input_2], outputs=outputs)
siamese.compile(loss=contrastive_loss(margin=1), optimizer="RMSprop", metrics=["accuracy"])

pairs = np.random.rand(400, 2, 28, 28, 1)
labels = np.random.randint(0, 2, (400, 1))
siamese.fit([pairs[:, 0], pairs[:, 1]], labels, batch_size=16, epochs=1)
