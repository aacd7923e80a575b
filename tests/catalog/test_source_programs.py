"""Programs that load, scale and encode data: run by the libraries, followed by the analysis, compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from convlint.catalog.dataset import Dataset
from convlint.catalog.tensor import Classes, OneHot, Tensor
from convlint.shapes.dims import Unknown
from tests.catalog.test_sources import compared, followed

LEARNING = {
    "loaders": """
from sklearn import datasets
digits = datasets.load_digits()
a, b, c = digits.data, digits["images"], digits.target
d, e = datasets.load_iris(return_X_y=True)
wine, cancer = datasets.load_wine(), datasets.load_breast_cancer()
f, g = wine.data, cancer["target"]
h, i = datasets.load_diabetes(return_X_y=True)
""",
    "made": """
from sklearn.datasets import make_blobs, make_circles, make_classification, make_moons, make_regression
a, b = make_classification(n_samples=500, n_features=7, random_state=0)
c, d = make_classification(500, n_classes=3, n_informative=4, random_state=0)
e, f = make_blobs(n_samples=60, centers=4, n_features=3, random_state=0)
g, h = make_blobs(random_state=0)
i, j = make_moons(200, noise=0.1)
k, l = make_circles(n_samples=50)
m, n = make_regression(n_samples=30, n_features=5, n_targets=2)
o, p = make_regression(30, 5)
q, r = make_classification(n_samples=20, random_state=0)
""",
    "split": """
import numpy as np
from sklearn.datasets import load_digits, load_iris
from sklearn.model_selection import train_test_split
x, y = load_iris(return_X_y=True)
a, b, c, d = train_test_split(x, y, test_size=0.2, random_state=0)
u, v = load_digits(return_X_y=True)
e, f, g, h = train_test_split(u, np.eye(10)[v], test_size=0.3, random_state=0)
i, j = train_test_split(y, shuffle=False)
k, l = train_test_split(list(range(10)), test_size=3)
m = np.array(k)
""",
    "encoders": """
import numpy as np
from sklearn.preprocessing import LabelBinarizer, LabelEncoder, OneHotEncoder, OrdinalEncoder
words = ["b", "a", "c", "a"]
encoder = LabelEncoder()
a = encoder.fit_transform(words)
b = encoder.transform(["a", "b"])
c = LabelEncoder().fit(words).transform(words)
d, e = LabelBinarizer().fit_transform(words), LabelBinarizer().fit_transform(["x", "y", "x"])
y = np.array([0, 1, 2, 1])
binarizer = LabelBinarizer()
f = binarizer.fit_transform(y)
g = binarizer.transform(y[:2])
h = OneHotEncoder(sparse_output=False).fit_transform(y.reshape(-1, 1))
i = OneHotEncoder().fit_transform(y.reshape(-1, 1)).toarray()
j = OrdinalEncoder().fit_transform(y.reshape(-1, 1))
k = np.eye(3)[a]
l = encoder.inverse_transform(a)
""",
    "scalers": """
import numpy as np
from sklearn.decomposition import PCA
from sklearn.preprocessing import MinMaxScaler, Normalizer, RobustScaler, StandardScaler, scale
x = np.random.rand(20, 4)
scaler = StandardScaler()
a = scaler.fit_transform(x)
b = scaler.transform(x[:5])
c = scaler.inverse_transform(b)
d = MinMaxScaler(feature_range=(0, 1)).fit(x).transform(x)
e = RobustScaler().fit_transform(x.astype("float32"))
f = Normalizer().fit_transform(np.ones((3, 4), "int64"))
g, h = PCA(n_components=2).fit_transform(x), scale(x)
""",
    "folds": """
import numpy as np
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.utils import shuffle
x, y = np.random.rand(20, 4), np.array([0, 1] * 10)
for train, test in KFold(n_splits=5).split(x):
    a, b = x[train], y[test]
for train, test in StratifiedKFold(2).split(x, y):
    c = x[train]
d, e = shuffle(x, y, random_state=0)
""",
}

PICTURES = {
    "pillow": """
import numpy as np
from PIL import Image
Image.fromarray(np.zeros((40, 60, 3), "uint8")).save("a.png")
image = Image.open("a.png")
a = np.array(image.convert("L"))
b = np.array(image.convert("RGB").resize((20, 10)))
c = np.asarray(image.resize((20, 10)).convert("RGB"))
d = np.array(Image.new("RGB", (30, 20)).crop((1, 2, 11, 22)))
e, f = Image.new("L", (5, 6)).size, np.array(Image.new("L", (5, 6)))
g = np.array(Image.fromarray(np.zeros((4, 5), "uint8")).rotate(90))
h = np.array(image)
i = np.array(image.convert("RGB").resize((8, 9), Image.LANCZOS), dtype="float32") / 255.0
""",
    "keras": """
import os
import keras
import numpy as np
from keras.utils import array_to_img, img_to_array, load_img
array_to_img(np.zeros((40, 60, 3))).save("a.png")
image = load_img("a.png", target_size=(32, 16))
a, b = np.array(image), img_to_array(image)
c = img_to_array(load_img("a.png", color_mode="grayscale", target_size=(8, 9)))
d = np.expand_dims(b, axis=0)
e = img_to_array(np.zeros((4, 5)))
f = np.vstack([np.expand_dims(img_to_array(load_img(name, target_size=(8, 8))), 0) for name in ["a.png", "a.png"]])
names = [name for name in os.listdir(".") if name.endswith(".png")]
g = np.array([img_to_array(load_img(name, target_size=(8, 8))) for name in names])
""",
}

LOADERS = {
    "images": """
import os
import keras
import numpy as np
from keras.utils import image_dataset_from_directory
for name in ["cats", "dogs"]:
    os.makedirs(os.path.join("data", name))
    for i in range(6):
        keras.utils.array_to_img(np.zeros((20, 30, 3))).save(os.path.join("data", name, f"{i}.png"))
a = image_dataset_from_directory("data", image_size=(16, 18), batch_size=4)
b = image_dataset_from_directory("data", label_mode="categorical", color_mode="grayscale")
c = image_dataset_from_directory("data", label_mode="binary", class_names=["cats", "dogs"])
d = image_dataset_from_directory("data", label_mode=None, image_size=(8, 8))
e, f = image_dataset_from_directory("data", validation_split=0.5, subset="both", seed=1)
g = image_dataset_from_directory("data", batch_size=None)
h = a.map(lambda image, label: (image / 255.0, label)).prefetch(1)
for images, labels in h:
    pass
i = image_dataset_from_directory("data", label_mode="categorical", class_names=["cats", "dogs"]).unbatch()
""",
    "generators": """
import os
import keras
import numpy as np
from keras.src.legacy.preprocessing.image import ImageDataGenerator
for name in ["cats", "dogs"]:
    os.makedirs(os.path.join("data", name))
    for i in range(6):
        keras.utils.array_to_img(np.zeros((20, 30, 3))).save(os.path.join("data", name, f"{i}.png"))
made = ImageDataGenerator(rescale=1.0 / 255, horizontal_flip=True)
a = made.flow_from_directory("data", target_size=(16, 18), batch_size=4)
b = made.flow_from_directory("data", class_mode="binary", color_mode="grayscale")
c = made.flow_from_directory("data", class_mode="sparse")
d = made.flow_from_directory("data", class_mode=None)
e = made.flow_from_directory("data", class_mode="input", target_size=(8, 8))
f = made.flow(np.zeros((10, 8, 8, 3)), np.eye(10), batch_size=5)
g = made.flow(np.zeros((10, 8, 8, 1)))
h = made.flow_from_directory("data", classes=["cats", "dogs"])
images, labels = next(a)
i, j = a[0]
""",
    "words": """
import keras
import numpy as np
from keras.utils import pad_sequences, timeseries_dataset_from_array, to_categorical
a = pad_sequences([[1, 2], [3], [4, 5, 6]])
b = pad_sequences([[1, 2], [3]], maxlen=7, padding="post")
c = to_categorical(np.array([0, 2, 1]))
d, e = to_categorical([0, 1, 2, 3]), to_categorical(np.array([[1], [0]]), 5)
f = timeseries_dataset_from_array(np.zeros((50, 3)), np.zeros((50, 2)), sequence_length=6, batch_size=4)
g = timeseries_dataset_from_array(np.zeros((50, 3)), None, sequence_length=6)
h = timeseries_dataset_from_array(np.zeros(50), np.zeros(50), sequence_length=6)
i = keras.utils.normalize(np.ones((3, 4)))
left, right = keras.utils.split_dataset((np.zeros((10, 3)), np.zeros(10)), left_size=0.5)
""",
    "pipelines": """
import numpy as np
import tensorflow as tf
x, y = np.random.rand(40, 8).astype("float32"), np.random.randint(0, 3, 40)
ds = tf.data.Dataset.from_tensor_slices((x, y))
a, b = ds.batch(8), ds.batch(7)
c, d = ds.batch(7, drop_remainder=True), ds.shuffle(10).repeat(2).take(5)
e = ds.map(lambda features, label: ({"features": features}, tf.one_hot(label, 3))).batch(4)
f, g = tf.data.Dataset.range(10), tf.data.Dataset.range(10).enumerate()
h = tf.data.Dataset.zip((ds, f))
i = tf.data.Dataset.from_tensor_slices({"a": x, "b": [1.0] * 40}).batch(5)
j = ds.map(lambda features, label: features).window(5, shift=1, drop_remainder=True)
k = j.flat_map(lambda part: part.batch(5, drop_remainder=True)).batch(2)
l = ds.padded_batch(4, padded_shapes=([8], []))
m = ds.filter(lambda features, label: label > 0).unbatch if False else ds.concatenate(ds)
n = tf.data.Dataset.from_tensors((x, y))
def rows():
    for index in range(5):
        yield x[index], y[index]
o = tf.data.Dataset.from_generator(
    rows, output_signature=(tf.TensorSpec((8,), tf.float32), tf.TensorSpec((), tf.int64))
)
p = o.batch(2)
q = tf.data.Dataset.from_generator(rows, (tf.float32, tf.int64), output_shapes=((8,), ()))
def load(features, label):
    return tf.reshape(features, (2, 4, 1)), tf.cast(label, tf.float32)
r = ds.map(load, num_parallel_calls=tf.data.AUTOTUNE).cache().batch(10).prefetch(tf.data.AUTOTUNE)
s = len(list(ds.take(2)))
for t, u in r:
    pass
v = ds.batch(4).map(lambda features, label: (features, label)).unbatch()
w = tf.data.Dataset.from_tensor_slices([[1, 2], [3, 4]])
z = ds.interleave(lambda features, label: tf.data.Dataset.from_tensors(features), cycle_length=2)
first, second = next(iter(ds))
card = ds.batch(8).cardinality()
""",
}

FRAMES = {
    "frames": """
import numpy as np
import pandas as pd
pd.DataFrame(np.arange(40).reshape(8, 5), columns=list("abcde")).to_csv("a.csv", index=False)
df = pd.read_csv("a.csv", usecols=["a", "b", "c", "d"])
a, b, c = df[["a", "b"]].values, df["a"].values, df.drop(columns=["d"]).values
d, e = df.drop("a", axis=1).to_numpy(), df.iloc[:, 0:3].values
f, g = df.iloc[:, -1].values, df.iloc[:, :-1].values
h = np.array(df)
i, j = df.shape[1], len(df.columns)
y = df.pop("d")
k, l = df.values, y.values
m = (df - df.mean()) / df.std()
n, o = m.values, df[df["a"] > 3].values
p = pd.DataFrame({"x": [1, 2, 3], "y": [4, 5, 6]})
q, r = p.values, p[["x"]].to_numpy("float32")
s = df.loc[:, ["a", "b"]].values
df["new"] = 1
t = df.values
u = df.drop(["a"], axis=1, inplace=False).fillna(0).astype("float32").values
v = pd.get_dummies(pd.Series(["x", "y", "x"])).values
w = df.iloc[2:5, [0, 1]].values
z = y.map({3: 0}).values
aa = df.sample(frac=0.5).reset_index(drop=True).values
bb = df["a"].values.reshape(-1, 1)
cc, dd = np.log(df["b"] + 1), np.array(y) == 3
ee = pd.DataFrame(np.zeros((4, 3))).values
ff = pd.concat([df[["a"]], df[["b"]]], axis=1).values
""",
    "unknown columns": """
import numpy as np
import pandas as pd
pd.DataFrame(np.arange(72).reshape(8, 9)).to_csv("a.csv", index=False, header=False)
df = pd.read_csv("a.csv", header=None)
a, b = df.iloc[:, 0:8].values, df.iloc[:, 8].values
values = df.values
c, d = values[:, 0:8], values[:, 8]
e, f = values[:, :-1], values[:, 1:5].astype(float)
data = np.loadtxt("a.csv", delimiter=",")
g, h = data[:, 0:8], data[:, 8]
np.savetxt("b.csv", np.arange(5.0))
i = np.loadtxt("b.csv")
j = np.genfromtxt("a.csv", delimiter=",")[:, :3]
k = np.loadtxt("a.csv", delimiter=",", usecols=(0, 1, 2))
from sklearn.model_selection import train_test_split
l, m, n, o = train_test_split(df.iloc[:, :8], df[8], test_size=0.25)
p, q = l.values, m.shape
from sklearn.preprocessing import StandardScaler
r = StandardScaler().fit_transform(l)
""",
}

OPENCV = {
    "opencv": """
import cv2
import numpy as np
cv2.imwrite("a.png", np.zeros((40, 60, 3), "uint8"))
a, b = cv2.imread("a.png"), cv2.imread("a.png", 0)
c = cv2.imread("a.png", cv2.IMREAD_GRAYSCALE)
d, e = cv2.resize(a, (20, 10)), cv2.resize(b, (20, 10))
f = cv2.resize(np.zeros((9, 9, 1), "uint8"), (5, 6))
g, h = cv2.cvtColor(a, cv2.COLOR_BGR2GRAY), cv2.cvtColor(a, cv2.COLOR_BGR2RGB)
i = cv2.cvtColor(b, cv2.COLOR_GRAY2RGB)
j, k = cv2.GaussianBlur(d, (3, 3), 0), cv2.Canny(d, 1, 2)
_, l = cv2.threshold(e, 1, 255, cv2.THRESH_BINARY)
m = np.array([cv2.resize(cv2.imread(name), (32, 24)) for name in ["a.png"]])
n = cv2.flip(d, 1)
""",
}


@pytest.mark.parametrize("name", LEARNING)
def test_learning(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn")
    compared(LEARNING[name], tmp_path, monkeypatch)


@pytest.mark.parametrize("name", PICTURES)
def test_pictures(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keras: Any) -> None:
    pytest.importorskip("PIL")
    compared(PICTURES[name], tmp_path, monkeypatch)


@pytest.mark.parametrize("name", LOADERS)
def test_loaders(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keras: Any) -> None:
    compared(LOADERS[name], tmp_path, monkeypatch)


@pytest.mark.parametrize("name", FRAMES)
def test_frames(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pandas")
    compared(FRAMES[name], tmp_path, monkeypatch)


@pytest.mark.parametrize("name", OPENCV)
def test_opencv(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("cv2")
    compared(OPENCV[name], tmp_path, monkeypatch)


ALL = {**LEARNING, **PICTURES, **LOADERS, **FRAMES, **OPENCV}
U = "?"


def sizes(value: object) -> object:
    """Shapes with ``?`` for what is not known."""
    if isinstance(value, Dataset):
        return sizes(value.element)
    if isinstance(value, tuple):
        return tuple(map(sizes, value))
    array = value if isinstance(value, Tensor) else getattr(value, "array", None)
    assert isinstance(array, Tensor)
    return U if isinstance(array.shape, Unknown) else tuple(n if isinstance(n, int) else U for n in array.shape)


@pytest.mark.parametrize(
    ("program", "variable", "expected"),
    [
        ("split", "a", (120, 4)), ("split", "f", (540, 64)), ("encoders", "d", (4, 3)), ("encoders", "e", (3, 1)),
        ("encoders", "h", (4, U)), ("scalers", "c", (5, 4)), ("scalers", "g", (20, 2)), ("pillow", "b", (10, 20, 3)),
        ("pillow", "h", U), ("keras", "b", (32, 16, 3)), ("keras", "g", (U, 8, 8, 3)), ("frames", "a", (U, 2)),
        ("frames", "e", (U, 3)), ("frames", "g", (U, 3)), ("frames", "k", (U, 3)), ("frames", "n", (U, 3)),
        ("frames", "t", (U, 4)), ("unknown columns", "a", (U, 8)), ("unknown columns", "c", (U, 8)),
        ("unknown columns", "g", (U, 8)), ("unknown columns", "i", U), ("unknown columns", "p", (U, 8)),
        ("unknown columns", "r", (U, 8)), ("opencv", "d", (10, 20, 3)), ("opencv", "e", (10, 20)),
        ("opencv", "m", (1, 24, 32, 3)), ("images", "a", ((U, 16, 18, 3), (U,))),
        ("images", "c", ((U, 256, 256, 3), (U, 1))), ("images", "h", ((U, 16, 18, 3), (U,))),
        ("generators", "a", ((U, 16, 18, 3), (U, U))), ("generators", "f", ((U, 8, 8, 3), (U, 10))),
        ("words", "b", (2, 7)), ("words", "c", (3, 3)), ("words", "f", ((U, 6, 3), (U, 2))),
        ("pipelines", "r", ((10, 2, 4, 1), (10,))), ("pipelines", "k", (U, 5, 8)),
    ],
)  # fmt: skip
def test_known(program: str, variable: str, expected: object) -> None:
    """What must be known for data to be judged."""
    assert sizes(followed(ALL[program])[variable]) == expected


@pytest.mark.parametrize(
    ("program", "variable", "expected"),
    [
        ("split", "c", Classes(0, 2, even=True, mixed=True)), ("split", "d", None), ("split", "g", OneHot()),
        ("made", "b", Classes(0, 1, even=True, mixed=True)), ("made", "r", None), ("encoders", "a", Classes(0, 2)),
        ("encoders", "b", None), ("encoders", "d", OneHot()), ("encoders", "e", None), ("encoders", "k", OneHot()),
    ],
)  # fmt: skip
def test_values_known(program: str, variable: str, expected: object) -> None:
    found = followed(ALL[program])[variable]
    assert isinstance(found, Tensor)
    assert found.content == expected
