"""Logs in every form that people paste: what is found in them, and what is not."""

from __future__ import annotations

import time

import pytest

from convlint.traceback.frames import Frame, read_frame
from convlint.traceback.lines import clean, split_worker
from convlint.traceback.reading import MAX_ERRORS, read_log

PLAIN = """\
Traceback (most recent call last):
  File "/home/me/train.py", line 12, in <module>
    model = build()
            ^^^^^^^
  File "/home/me/net.py", line 7, in build
    return keras.layers.Conv2D(8, 3)(x)
  File "/usr/lib/python3.11/site-packages/keras/src/utils/traceback_utils.py", line 122, in error_handler
    raise e.with_traceback(filtered_tb) from None
ValueError: Input 0 of layer "conv2d" is incompatible: expected min_ndim=4, found (None, 28, 28)
"""
NET = Frame("/home/me/net.py", 7, "build", "return keras.layers.Conv2D(8, 3)(x)")


def test_a_plain_traceback():
    """The user's line is the innermost one outside the framework."""
    (error,) = read_log(PLAIN.splitlines(keepends=True)).errors
    assert error.exception == "ValueError"
    assert error.message.startswith('Input 0 of layer "conv2d"')
    assert error.user_frame == NET
    assert len(error.frames) == 3


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: text.replace("\n", "\r\n"), id="Windows line ends"),
        pytest.param(lambda text: f"\x1b[31m{text}\x1b[0m", id="colour"),
        pytest.param(lambda text: text.replace("File", "\x1b[1;32mFile\x1b[0m"), id="colour inside"),
        pytest.param(lambda text: "".join(f"> {line}\n" for line in text.splitlines()), id="quoted mail"),
        pytest.param(lambda text: text.replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;"), id="HTML"),
        pytest.param(lambda text: "".join(f"[1,0]<stderr>:{line}\n" for line in text.splitlines()), id="MPI"),
        pytest.param(lambda text: "".join(f"worker_1  | {line}\n" for line in text.splitlines()), id="docker compose"),
        pytest.param(lambda text: "".join(f"(train pid=77) {line}\n" for line in text.splitlines()), id="Ray"),
        pytest.param(
            lambda text: "".join(f"2024-05-01T10:00:00.123456789Z {line}\n" for line in text.splitlines()), id="kubectl"
        ),
        pytest.param(
            lambda text: "".join(
                f"2024-05-01T12:00:0{i}.1234567Z {line}".rstrip() + "\n" for i, line in enumerate(text.splitlines())
            ),
            id="GitHub Actions",
        ),
        pytest.param(
            lambda text: "".join(
                f"2024-05-01 12:00:0{i},123 ERROR train - {line}\n" for i, line in enumerate(text.splitlines())
            ),
            id="logger",
        ),
        pytest.param(lambda text: "".join(f"    {line}\n" for line in text.splitlines()), id="indented"),
        pytest.param(
            lambda text: "".join(f"{i:2}: {line}\n" for i, line in enumerate(text.splitlines())), id="numbered"
        ),
        pytest.param(lambda text: text.replace("(None, 28, 28)", "torch.Size([None, 28, 28])"), id="shape of PyTorch"),
        pytest.param(
            lambda text: "Epoch 1/5\n 1/100 [..]\r 2/100 [..]\n" + text + "Process finished with exit code 1\n",
            id="log",
        ),
        pytest.param(lambda text: text.replace("ValueError", "\x00ValueError"), id="NUL"),
    ],
)
def test_the_same_traceback_in_other_clothes(change):
    """Colours, quotes, prefixes and progress bars change nothing."""
    (error,) = read_log(change(PLAIN).split("\n")).errors
    assert (error.exception, error.user_frame) == ("ValueError", NET)
    assert "(None, 28, 28)" in error.message


@pytest.mark.parametrize(
    ("line", "frame"),
    [
        ('  File "a.py", line 3, in f', Frame("a.py", 3, "f")),
        ('  File "a.py", line 3', Frame("a.py", 3)),
        ("<ipython-input-5-0a1b2c> in build(x)", Frame("<ipython-input-5-0a1b2c>", 0, "build")),
        ("Cell In[5], line 3, in build(x)", Frame("Cell In[5]", 3, "build")),
        ("Input In [5], in <cell line: 3>()", Frame("Input In [5]", 0, "<cell")),
        ("File ~/net.py:12, in build(x)", Frame("~/net.py", 12, "build")),
        (
            "/usr/lib/python3/site-packages/keras/a.py in call(self)",
            Frame("/usr/lib/python3/site-packages/keras/a.py", 0, "call"),
        ),
        ("[/content/net.py](https://localhost:8080/#) in call(self)", Frame("/content/net.py", 0, "call")),
        ("    /home/me/net.py:12 call  *", Frame("/home/me/net.py", 12, "call")),
        ('文件"D:\\net.py",第 132 行,在 apply x = conv2d(a)', Frame("D:\\net.py", 132, "apply", "x = conv2d(a)")),
        ('文件"",第 383 行,在 y=Compress()(x)#16', Frame("", 383, "", "y=Compress()(x)#16")),
        ("x = y", None),
        ("    return File", None),
    ],
)
def test_frames(line, frame):
    assert read_frame(line) == frame


@pytest.mark.parametrize(
    ("file", "framework"),
    [
        ("/usr/lib/python3.11/site-packages/keras/src/a.py", True),
        ("D:\\Anaconda3\\envs\\py36\\lib\\site-packages\\keras\\engine\\base_layer.py", True),
        ("/usr/lib/python3.8/contextlib.py", True),
        ("/tmp/__autograph_generated_file1x.py", True),
        ("/home/me/keras/train.py", False),
        ("/home/me/lib/net.py", False),
        ("h5py/h5f.pyx", True),
        ("D:\\work\\net.py", False),
        ("<ipython-input-5-0a1b2c>", False),
        ("Cell In[5]", False),
        ("", False),
    ],
)
def test_whose_frame_it_is(file, framework):
    assert Frame(file, 1).is_framework is framework


def test_a_notebook():
    """The arrow names the line; the header names the exception."""
    text = """\
---------------------------------------------------------------------------
ValueError                                Traceback (most recent call last)
<ipython-input-5-0a1b2c> in <module>()
      1 x = keras.Input((28, 28))
----> 2 y = keras.layers.Conv2D(8, 3)(x)
      3 print(y)

/usr/local/lib/python3.6/dist-packages/keras/engine/base_layer.py in __call__(self, inputs)
    412                 # Raise exceptions in case the input is not compatible
--> 414                 self.assert_input_compatibility(inputs)

ValueError: Input 0 is incompatible with layer conv2d_1: expected ndim=4, found ndim=3
"""
    (error,) = read_log(text.splitlines()).errors
    assert error.exception == "ValueError"
    assert error.user_frame == Frame("<ipython-input-5-0a1b2c>", 2, "<module>", "y = keras.layers.Conv2D(8, 3)(x)")
    assert error.message == "Input 0 is incompatible with layer conv2d_1: expected ndim=4, found ndim=3"


def test_a_message_in_several_parts():
    """Keras 3 separates the wrapping from what is wrapped by empty lines; what follows does not belong to it."""
    text = [
        *PLAIN.splitlines()[:-1],
        "ValueError: Exception encountered when calling Conv2D.call().",
        "",
        "\x1b[1mComputed output size would be negative.\x1b[0m",
        "",
        "Arguments received by Conv2D.call():",
        "  • inputs=tf.Tensor(shape=(None, 1, 32, 32), dtype=float32)",
        "",
        "How can I repair this?",
    ]
    (error,) = read_log(text).errors
    assert "Computed output size would be negative." in error.message
    assert error.message.endswith("dtype=float32)")


def test_user_code_inside_a_message():
    """``tf.function`` puts the user's frames into the message."""
    text = """\
Traceback (most recent call last):
  File "train.py", line 9, in <module>
    model.fit(x, y)
  File "/usr/lib/python3.9/site-packages/keras/utils/traceback_utils.py", line 70, in error_handler
    raise e.with_traceback(filtered_tb) from None
ValueError: in user code:

    File "/usr/lib/python3.9/site-packages/keras/engine/training.py", line 1160, in train_function  *
        return step_function(self, iterator)
    File "loss.py", line 3, in my_loss  *
        return a - b

    ValueError: Dimensions must be equal, but are 3 and 4 for '{{node sub}}'
"""
    (error,) = read_log(text.splitlines()).errors
    assert error.user_frame == Frame("loss.py", 3, "my_loss", "return a - b")
    assert "but are 3 and 4" in error.message


def test_chained_exceptions_are_one_error():
    """The last exception is the error; those before it are its history, the nearest first."""
    text = (
        PLAIN
        + "\nThe above exception was the direct cause of the following exception:\n\n"
        + PLAIN.replace("ValueError: Input", "TypeError: second Input")
        + "\nDuring handling of the above exception, another exception occurred:\n\n"
        + PLAIN.replace("ValueError: Input", "RuntimeError: third Input")
    )
    (error,) = read_log(text.splitlines()).errors
    assert [one.exception for one in (error, *error.earlier)] == ["RuntimeError", "TypeError", "ValueError"]


def test_several_errors_and_repeated_ones():
    """Each error once, in the order of the text; the same one of another process is counted."""
    other = PLAIN.replace("ValueError: Input", "TypeError: Input")
    errors = read_log((PLAIN + "\nEpoch 1/2\n" + other + "\nEpoch 1/2\n" + PLAIN).splitlines()).errors
    assert [(one.exception, one.times) for one in errors] == [("TypeError", 1), ("ValueError", 2)]


def test_workers_that_print_at_the_same_time():
    """Lines of several processes are taken apart by their prefixes, or, in lockstep, by being equal."""
    lines = PLAIN.splitlines()
    mixed = [f"[1,{rank}]<stderr>:{line}" for line in lines for rank in range(3)]
    (error,) = read_log(mixed).errors
    assert (error.times, error.user_frame) == (3, NET)
    (error,) = read_log([line for line in lines for _ in range(3)]).errors
    assert (error.exception, error.user_frame) == ("ValueError", NET)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "Epoch 1/2\n 1/100 [....]\nloss: 0.3 - val_loss: 0.4\n",
        "2024-01-01 10:00:00.000000: W tensorflow/core/op_kernel.cc:1] OP_REQUIRES failed: INVALID_ARGUMENT: bad\n",
        "UserWarning: Do not pass an `input_shape`/`input_dim` argument to a layer.\n  super().__init__(**kwargs)\n",
        "WARNING:tensorflow:5 out of the last 5 calls triggered tf.function retracing\n",
        "I was killed by this: Error rates were 3 %\nerror: 0.1\nmean absolute error : 3\n",
        "Raises:\n    ValueError: If the shape is wrong.\n",
        "\x00\xff\x01 binary \ud800 junk\n" * 100,
    ],
)
def test_texts_without_an_error(text):
    assert read_log(text.splitlines()).errors == ()


def test_half_a_traceback():
    """What is cut off is said to be cut off, and names the user's line all the same."""
    (error,) = read_log(PLAIN.splitlines()[:-1]).errors
    assert not error.complete
    assert error.user_frame == NET
    (error,) = read_log(PLAIN.splitlines()[1:]).errors  # the header is missing
    assert error.exception == "ValueError"


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Killed", "SIGKILL"),
        ("train.sh: line 3:  4711 Killed                  python train.py", "SIGKILL"),
        ("zsh: killed     python train.py", "SIGKILL"),
        ("Segmentation fault (core dumped)", "SIGSEGV"),
        ("Fatal Python error: Segmentation fault", "SIGSEGV"),
        ("Aborted (core dumped)", "SIGABRT"),
        ("Process finished with exit code 137 (interrupted by signal 9: SIGKILL)", "SIGKILL"),
        ("2024-01-01 10:00:00.1: F tensorflow/core/util/mkl_util.h:1] Check failed: index >= 0", "CheckFailed"),
    ],
)
def test_processes_that_were_ended(line, name):
    (error,) = read_log([line]).errors
    assert error.exception == name


def test_an_exception_alone():
    """The title of a question is enough."""
    (error,) = read_log(
        ["ValueError: number of input channels does not match, 1 != 8", "", "I do not understand."]
    ).errors
    assert (error.exception, error.user_frame) == ("ValueError", None)
    assert error.message == "number of input channels does not match, 1 != 8"


def test_memory_is_bounded():
    """Endless recursion, endless messages and endless errors are kept in part."""
    frame = '  File "a.py", line 1, in f\n    f()'
    lines = ["Traceback (most recent call last):"] + frame.splitlines() * 50_000 + ["RecursionError: too deep"]
    (error,) = read_log(lines).errors
    assert len(error.frames) < 200
    (error,) = read_log(["ValueError: x"] + ["y" * 100] * 100_000).errors
    assert len(error.message) < 30_000
    many = [f"ValueError: number {index}" for index in range(1_000)]
    assert len(read_log(line for one in many for line in (one, "", "and", "")).errors) == MAX_ERRORS


@pytest.mark.parametrize(
    "line",
    [
        "a" * 4_000,
        "ValueError: " + "(" * 4_000,
        "File " + '"' * 4_000,
        "  File " + "x, line " * 500,
        "\x1b[" * 2_000,
        "> " * 2_000,
        "A" + ".A" * 2_000,
        " " * 3_999 + "x",
        "文件" * 2_000,
        "[1,1]<stderr>:" * 300,
        "Traceback (most recent call last):" * 100,
    ],
)
def test_time_grows_with_the_length_only(line):
    """No line makes a pattern run wild: eight times the text takes about eight times as long."""

    def seconds(count: int) -> float:
        best = 1e9
        for _ in range(3):
            start = time.process_time()
            read_log([line] * count)
            best = min(best, time.process_time() - start)
        return best

    small, large = seconds(20), seconds(160)
    assert large < max(small, 0.002) * 24


def test_cleaning():
    assert clean("10%|#  |\r50%|## |\r100%|###|\n") == "100%|###|"
    assert clean("[0;31mValueError[0m: x") == "ValueError: x"
    assert clean(">>> x") == ">>> x"
    assert split_worker("[rank0]: Traceback") == ("[rank0]:", "Traceback")
    assert split_worker("    x | y") == ("", "    x | y")


def test_what_stands_in_front_of_every_line_is_learned_from_the_header():
    """Each traceback of a text has its own; an empty line of a logger's is no end of the message."""
    text = "INFO  start\n" + "".join(
        f"2024-05-01 12:00:{number:02},5 ERROR train: {line}".rstrip() + "\n"
        for number, line in enumerate(PLAIN.replace("expected", "in user code:\n\nexpected").splitlines())
    )
    text += "and another:\n" + "".join(f"      {line}\n" for line in PLAIN.replace("net.py", "deep.py").splitlines())
    first, second = read_log(text.splitlines()).errors
    assert "expected min_ndim=4" in first.message
    assert first.user_frame == NET
    assert second.user_frame is not None
    assert second.user_frame.file == "/home/me/deep.py"
