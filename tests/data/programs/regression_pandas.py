import numpy as np
import pandas as pd
from keras import layers, models, optimizers
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

columns = ["mpg", "cylinders", "displacement", "horsepower", "weight", "acceleration", "year", "origin"]
frame = pd.read_csv("auto-mpg.csv", names=columns)
frame = frame.dropna()
target = frame.pop("mpg")
features = ["cylinders", "displacement", "horsepower", "weight", "acceleration"]
X = frame[features].values
y = target.values
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2)
scaler = StandardScaler().fit(X_train)
X_train, X_test = scaler.transform(X_train), scaler.transform(X_test)

model = models.Sequential()
model.add(layers.Dense(64, activation="relu", input_dim=5))
model.add(layers.Dense(64, activation="relu"))
model.add(layers.Dense(1))
model.compile(optimizer=optimizers.RMSprop(0.001), loss="mse", metrics=["mae"])
model.fit(X_train, y_train, epochs=1, validation_split=0.2, verbose=0)
predictions = model.predict(X_test).flatten()
print(np.abs(predictions - y_test).mean())
