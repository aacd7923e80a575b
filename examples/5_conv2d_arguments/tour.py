"""What the arguments of Conv2D do to the shape of a batch of four 600 x 600 images."""

import tensorflow as tf
from tensorflow.keras.layers import Conv2D

images = tf.random.normal((4, 600, 600, 3))

filters = Conv2D(64, (1, 1), strides=(1, 1))(images)
window = Conv2D(64, (2, 2), strides=(1, 1))(images)
strided = Conv2D(64, 1, strides=(2, 2))(images)

a = Conv2D(64, 1, strides=(2, 2), padding="same")(images)
b = Conv2D(64, 3, strides=(2, 2), padding="same")(images)
c = Conv2D(64, 3, strides=(1, 1), padding="same")(images)
d = Conv2D(64, 3, strides=(1, 1), padding="valid")(images)

dilated = Conv2D(64, 3, dilation_rate=2)(images)
oblong = Conv2D(64, (3, 5), strides=(1, 2))(images)
