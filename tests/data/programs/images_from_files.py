import glob
import os

import cv2
import numpy as np
from keras import layers, models
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelBinarizer

WIDTH, HEIGHT = 96, 72
data = []
labels = []
for path in sorted(glob.glob("dataset/*/*.jpg")):
    image = cv2.imread(path)
    image = cv2.resize(image, (WIDTH, HEIGHT))
    data.append(image)
    labels.append(path.split(os.path.sep)[-2])
data = np.array(data, dtype="float") / 255.0
labels = np.array(labels)
lb = LabelBinarizer()
labels = lb.fit_transform(labels)
trainX, testX, trainY, testY = train_test_split(data, labels, test_size=0.2, random_state=42)

model = models.Sequential()
model.add(layers.Conv2D(32, (3, 3), padding="same", activation="relu", input_shape=(HEIGHT, WIDTH, 3)))
model.add(layers.MaxPooling2D(pool_size=(3, 3)))
model.add(layers.Conv2D(64, (3, 3), padding="same", activation="relu"))
model.add(layers.MaxPooling2D(pool_size=(2, 2)))
model.add(layers.Flatten())
model.add(layers.Dense(1024, activation="relu"))
model.add(layers.Dense(len(lb.classes_), activation="softmax"))
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(trainX, trainY, validation_data=(testX, testY), batch_size=32, epochs=1)

image = cv2.resize(cv2.imread("example.jpg"), (WIDTH, HEIGHT)) / 255.0
image = np.expand_dims(image, axis=0)
probability = model.predict(image)[0]
