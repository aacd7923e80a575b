import numpy as np
from tensorflow.keras import Model
from tensorflow.keras.layers import (
    Conv2D,
    Conv2DTranspose,
    Dropout,
    Input,
    MaxPooling2D,
    concatenate,
)

IMG_HEIGHT, IMG_WIDTH, IMG_CHANNELS = 128, 128, 3


def conv_block(x, filters, dropout=0.1):
    x = Conv2D(filters, (3, 3), activation="relu", kernel_initializer="he_normal", padding="same")(x)
    x = Dropout(dropout)(x)
    return Conv2D(filters, (3, 3), activation="relu", kernel_initializer="he_normal", padding="same")(x)


def unet(height=IMG_HEIGHT, width=IMG_WIDTH, channels=IMG_CHANNELS):
    inputs = Input((height, width, channels))
    skips = []
    x = inputs
    for filters in (16, 32, 64):
        x = conv_block(x, filters)
        skips.append(x)
        x = MaxPooling2D((2, 2))(x)
    x = conv_block(x, 128)
    for filters, skip in zip((64, 32, 16), reversed(skips)):
        x = Conv2DTranspose(filters, (2, 2), strides=(2, 2), padding="same")(x)
        x = concatenate([x, skip])
        x = conv_block(x, filters)
    outputs = Conv2D(1, (1, 1), activation="sigmoid")(x)
    return Model(inputs=[inputs], outputs=[outputs])


X_train = np.zeros((40, IMG_HEIGHT, IMG_WIDTH, IMG_CHANNELS), dtype=np.uint8)
Y_train = np.zeros((40, IMG_HEIGHT, IMG_WIDTH, 1), dtype=bool)
model = unet()
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
model.fit(X_train / 255.0, Y_train, validation_split=0.1, batch_size=8, epochs=1)
