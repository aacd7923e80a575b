import numpy as np
from sklearn.preprocessing import MinMaxScaler
from tensorflow.keras.layers import LSTM, Dense
from tensorflow.keras.models import Sequential


def create_dataset(values, look_back=1):
    data_x, data_y = [], []
    for i in range(len(values) - look_back - 1):
        data_x.append(values[i : (i + look_back), 0])
        data_y.append(values[i + look_back, 0])
    return np.array(data_x), np.array(data_y)


series = np.sin(np.arange(0, 100, 0.1)).reshape(-1, 1)
scaler = MinMaxScaler(feature_range=(0, 1))
dataset = scaler.fit_transform(series)
train_size = int(len(dataset) * 0.67)
train, test = dataset[:train_size], dataset[train_size:]

look_back = 3
trainX, trainY = create_dataset(train, look_back)
testX, testY = create_dataset(test, look_back)
trainX = np.reshape(trainX, (trainX.shape[0], trainX.shape[1], 1))
testX = np.reshape(testX, (testX.shape[0], testX.shape[1], 1))

model = Sequential()
model.add(LSTM(4, input_shape=(look_back, 1)))
model.add(Dense(1))
model.compile(loss="mean_squared_error", optimizer="adam")
model.fit(trainX, trainY, epochs=1, batch_size=1, verbose=2)
predicted = scaler.inverse_transform(model.predict(testX))
print(predicted.shape)
