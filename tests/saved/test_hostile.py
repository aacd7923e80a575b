"""Files made to do harm: nothing runs, memory and time stay bounded, and the message says what is wrong."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from convlint.problems import SavedModelCode
from convlint.saved import containers
from convlint.saved.containers import Unreadable, is_saved, open_content
from convlint.saved.inspection import inspect_saved

DENSE = {"class_name": "Dense", "module": "keras.layers", "config": {"name": "d", "units": 2}}
MODEL = {"class_name": "Sequential", "config": {"name": "m", "layers": [DENSE]}}


@pytest.fixture
def archive(tmp_path):
    """Writes a ``.keras`` file of these entries."""

    def write(entries: dict[str, bytes | str], method: int = zipfile.ZIP_STORED) -> str:
        path = tmp_path / "model.keras"
        with zipfile.ZipFile(path, "w", method) as file:
            for name, data in entries.items():
                file.writestr(name, data)
        return str(path)

    return write


@pytest.fixture
def text(tmp_path):
    """Writes a JSON file."""

    def write(data: str | bytes) -> str:
        path = tmp_path / "model.json"
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return str(path)

    return write


def nested(depth: int) -> str:
    return '{"class_name": "Sequential", "config": {"layers": ' + "[" * depth + "]" * depth + "}}"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("", "it is empty"),
        ("{", "no valid JSON"),
        ("[1, 2]", "no class_name"),
        ("null", "no class_name"),
        (b"\xff\xfe{}", "no valid JSON"),
        ('{"class_name": "Sequential", "config": ' + "9" * 5000 + "}", "no valid JSON"),
    ],
)
def test_json_that_is_no_model(text, data, reason):
    with pytest.raises(Unreadable, match=reason):
        open_content(text(data))


@pytest.mark.parametrize("depth", [500, 10_000, 1_000_000])
def test_json_nested_too_deep(text, depth):
    """Python's own recursion limit is never met, however deep the brackets go."""
    try:
        report = inspect_saved(text(nested(depth)))
    except Unreadable as error:
        assert "nested too deep" in str(error)  # noqa: PT017 (a shallow one may be read)
    else:
        assert report.layers == ()


def test_json_of_many_megabytes(text):
    with pytest.raises(Unreadable, match="more than 16 MB"):
        open_content(text(b"{" + b" " * (containers.MAX_TEXT + 10) + b"}"))


@pytest.mark.parametrize(
    "config",
    [
        {"class_name": "Sequential", "config": None},
        {"class_name": "Sequential", "config": {"layers": "x"}},
        {"class_name": "Sequential", "config": {"layers": [None, 1, "x", [], {}]}},
        {"class_name": "Sequential", "config": {"layers": [{"class_name": 3, "config": 4}]}},
        {"class_name": "Functional", "config": {"layers": [{**DENSE, "inbound_nodes": 7}], "output_layers": 3}},
        {"class_name": "Functional", "config": {"layers": [{**DENSE, "inbound_nodes": [[["x", 0, 0, 1]], [], [[]]]}]}},
        {"class_name": "Functional", "config": {"layers": [{**DENSE, "inbound_nodes": [{"args": [{}], "kwargs": 1}]}]}},
        {"class_name": "Sequential", "build_config": {"input_shape": [None, 10**300]}, "config": {"layers": [DENSE]}},
        {"class_name": "Sequential", "config": {"layers": [{**DENSE, "config": {"units": 10**300}}]}},
        {"class_name": "Sequential", "config": {"layers": [{**DENSE, "config": {"units": [[["x"]]]}}]}},
        {"class_name": "Sequential", "config": {"layers": [{"class_name": "Bidirectional", "config": {"layer": {}}}]}},
        {"class_name": ["x"], "config": {}},
    ],
)
def test_configurations_that_make_no_sense(text, config):
    """They are read as far as they make sense, without an exception of convlint's own."""
    inspect_saved(text(json.dumps(config)))


def test_a_model_inside_itself_ends(text):
    config = MODEL
    for _ in range(100):
        config = {"class_name": "Sequential", "config": {"layers": [config]}}
    assert len(inspect_saved(text(json.dumps(config))).layers) == 1


def test_a_graph_in_the_worst_order_ends(text):
    """Each layer needs the one listed behind it."""
    layers = [
        {**DENSE, "name": f"d{index}", "inbound_nodes": [[[f"d{index + 1}", 0, 0, {}]]]} for index in range(20_000)
    ]
    config = {"class_name": "Functional", "config": {"layers": layers, "output_layers": [["d0", 0, 0]]}}
    start = time.process_time()
    inspect_saved(text(json.dumps(config)))
    assert time.process_time() - start < 30


@pytest.mark.parametrize("module", ["os", "subprocess", "builtins", "antigravity"])
def test_a_configuration_that_names_os_system_runs_nothing(archive, tmp_path, module):
    target = tmp_path / "ran"
    evil = {"class_name": "system", "module": module, "registered_name": None, "config": f"touch {target}"}
    layer = {**DENSE, "config": {"name": "d", "units": 2, "kernel_initializer": evil}}
    config = {"class_name": "Sequential", "config": {"name": "m", "layers": [layer]}}
    report = inspect_saved(archive({"config.json": json.dumps(config)}))
    (found,) = [one.problem for one in report.observations if isinstance(one.problem, SavedModelCode)]
    assert (found.operation, f"`{module}.system`" in found.what) == ("d", True)
    assert not target.exists()
    assert "antigravity" not in sys.modules


def test_bytecode_is_reported_and_not_unmarshalled(archive, monkeypatch):
    import marshal

    monkeypatch.setattr(marshal, "loads", lambda data: pytest.fail("unmarshalled"))
    function = {"class_name": "__lambda__", "config": {"code": "4wEAAAA=", "defaults": None}}
    layer = {"class_name": "Lambda", "module": "keras.layers", "config": {"name": "twice", "function": function}}
    report = inspect_saved(archive({"config.json": json.dumps({**MODEL, "config": {"layers": [layer]}})}))
    assert [(one.problem.operation, type(one.problem)) for one in report.observations] == [("twice", SavedModelCode)]


def test_names_that_lead_out_of_the_archive(archive, tmp_path):
    names = ["../../evil.txt", "/etc/evil", "a/../../b", "C:\\evil"]
    report = inspect_saved(archive({"config.json": json.dumps(MODEL), **dict.fromkeys(names, "x")}))
    told = " ".join(one.problem.what for one in report.observations)
    assert all(name in told for name in names)
    assert {path.name for path in tmp_path.rglob("*")} == {"model.keras"}


def test_a_zip_bomb(archive):
    """A gigabyte of blanks in a megabyte: read up to the bound, refused there, in bounded memory."""
    path = archive({"config.json": b" " * (300 << 20)}, zipfile.ZIP_DEFLATED)
    assert os.path.getsize(path) < 2 << 20
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(Unreadable, match="unpacks to more than 16 MB"):
        open_content(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 << 10


def test_weights_that_are_a_bomb(archive, monkeypatch):
    monkeypatch.setattr(containers, "MAX_UNPACKED", 1 << 20)
    path = archive({"config.json": json.dumps(MODEL), "model.weights.h5": b"\0" * (8 << 20)}, zipfile.ZIP_DEFLATED)
    content = open_content(path)
    assert content.weights is None
    assert "unpack to more than 1 MB" in content.notes[0]


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.99])
def test_truncated_archives(archive, kept):
    path = archive({"config.json": json.dumps(MODEL), "model.weights.h5": b"\x89HDF\r\n\x1a\n" + b"\0" * 4000})
    data = Path(path).read_bytes()
    Path(path).write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(Unreadable, match=r"broke off|broken archive"):
        open_content(path)


@pytest.mark.parametrize("place", range(0, 200, 7))
def test_archives_with_a_flipped_byte(archive, place):
    """Whatever a byte does, the answer is a report or a sentence."""
    path = archive({"config.json": json.dumps(MODEL), "metadata.json": "{}"})
    data = bytearray(Path(path).read_bytes())
    data[-place - 1] ^= 0xFF
    Path(path).write_bytes(data)
    with suppress(Unreadable):
        inspect_saved(path)


def test_archives_that_are_no_models(archive):
    with pytest.raises(Unreadable, match=r"holds no config\.json"):
        open_content(archive({"word/document.xml": "x"}))


@pytest.fixture
def hdf5(tmp_path):
    """An HDF5 file that a function fills."""
    h5py = pytest.importorskip("h5py")

    def write(fill) -> str:
        path = tmp_path / "model.h5"
        with h5py.File(path, "w") as file:
            fill(file, h5py)
        return str(path)

    return write


def test_absurd_sizes_in_hdf5(hdf5):
    """A size is read, its numbers are not."""

    def fill(file, h5py):
        file.create_dataset("layers/dense/vars/0", shape=(10**12, 10**5), dtype="f4", chunks=(1, 10))
        file.attrs["model_config"] = json.dumps(MODEL)

    content = open_content(hdf5(fill))
    assert content.weights is not None
    assert content.weights.arrays == {"layers/dense/vars/0": (10**12, 10**5)}


def test_links_in_hdf5_are_not_followed(hdf5, tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "secret.h5", "w") as other:
        other["x"] = [1.0]

    def fill(file, h5py):
        file["out"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "/x")
        file["soft"] = h5py.SoftLink("/a")
        file["a/b"] = [1.0]
        file["a/again"] = file["a"]  # a circle

    content = open_content(hdf5(fill))
    assert content.weights is not None
    assert set(content.weights.arrays) == {"a/b"}
    assert sum("is not followed" in note for note in content.notes) == 2


@pytest.mark.parametrize(
    "data",
    [
        b"\x89HDF\r\n\x1a\n",
        b"\x89HDF\r\n\x1a\n" + b"\0" * 100,
        b"\x89HDF\r\n\x1a\n" + bytes(range(256)) * 20,
        b"\x89HDF\r\n\x1a\n" + b"\xff" * 5000,
    ],
)
def test_broken_hdf5(tmp_path, data):
    pytest.importorskip("h5py")
    (tmp_path / "model.h5").write_bytes(data)
    with pytest.raises(Unreadable, match=r"can't be read|gave up"):
        open_content(str(tmp_path / "model.h5"))


def test_without_h5py(hdf5, monkeypatch, tmp_path):
    """The message says what is missing; the configuration of an archive is read all the same."""
    path = hdf5(lambda file, h5py: file.attrs.__setitem__("model_config", json.dumps(MODEL)))
    blocker = tmp_path / "worker.py"
    source = Path(containers.__file__).with_name("hdf5_worker.py").read_text()
    blocker.write_text(source.replace("import h5py", "import h5py_is_not_here as h5py"))
    monkeypatch.setattr(containers, "_WORKER", blocker)
    with pytest.raises(Unreadable, match="pip install h5py"):
        open_content(path)


def test_saved_model_folders(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "saved_model.pb").write_bytes(b"\x08\x01")
    assert is_saved(str(folder))
    assert open_content(str(folder)).notes[0].startswith("a SavedModel without Keras' own metadata")
    text = json.dumps({**MODEL, "keras_version": "2.11.0"}).encode()
    node = b"\x10\x00\x1a\x04root\x22\x05_tf_k\x2a" + bytes([len(text) & 0x7F | 0x80, len(text) >> 7]) + text
    (folder / "keras_metadata.pb").write_bytes(b"\x0a" + bytes([len(node) & 0x7F | 0x80, len(node) >> 7]) + node)
    report = inspect_saved(str(folder))
    assert [row.name for row in report.layers] == ["d"]
    assert "SavedModel folder" in report.observations[0].problem.what
    for broken in (b"\x0a\xff\xff\xff\xff\x0f", b"\x0a", b"\x07", b"\xff" * 20, b""):
        (folder / "keras_metadata.pb").write_bytes(broken)
        with pytest.raises(Unreadable):
            open_content(str(folder))


def test_what_is_a_saved_model(tmp_path):
    (tmp_path / "model.py").write_text("import keras\n")
    (tmp_path / "weights").write_bytes(b"\x89HDF\r\n\x1a\n")
    assert not is_saved(str(tmp_path / "model.py"))
    assert not is_saved(str(tmp_path / "model.py:build"))
    assert not is_saved("a\0b")
    assert not is_saved(str(tmp_path))
    assert is_saved(str(tmp_path / "weights"))


def test_the_command(tmp_path, text):
    """Findings are 1, what can't be read is 2, and both are sentences."""
    path = text(json.dumps(MODEL))
    run = [sys.executable, "-m", "convlint", "inspect"]
    done = subprocess.run([*run, path, "--output-format", "json"], capture_output=True, text=True, check=False)
    assert (done.returncode, json.loads(done.stdout)["source"]) == (0, "saved")
    done = subprocess.run([*run, path, "--arg", "a=1"], capture_output=True, text=True, check=False)
    assert (done.returncode, "takes no --arg" in done.stderr) == (2, True)
    Path(path).write_text("{")
    done = subprocess.run([*run, path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "model.json: the file is no valid JSON" in done.stderr
