import numpy as np
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from tensorflow.keras.layers import BatchNormalization, Dense
from tensorflow.keras.models import Sequential
from tensorflow.keras.optimizers import Adam

iris = load_iris()
X = iris.data
y = iris.target.reshape(-1, 1)
encoder = OneHotEncoder(sparse_output=False)
y = encoder.fit_transform(y)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=0)
scaler = StandardScaler()
X_train = scaler.fit_transform(X_train)
X_test = scaler.transform(X_test)

model = Sequential(
    [
        Dense(10, input_shape=(4,), activation="relu", name="fc1"),
        BatchNormalization(),
        Dense(10, activation="relu", name="fc2"),
        Dense(3, activation="softmax", name="output"),
    ]
)
model.compile(Adam(learning_rate=0.001), loss="categorical_crossentropy", metrics=["accuracy"])
model.fit(X_train, y_train, verbose=2, batch_size=5, epochs=2)
loss, accuracy = model.evaluate(X_test, y_test)
predicted = np.argmax(model.predict(X_test), axis=1)
print(loss, accuracy, predicted.shape)
