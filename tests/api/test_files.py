from __future__ import annotations

import os
import stat

import pytest

from convlint import files
from convlint.configuration import Configurations
from convlint.files import FileProblem, Undecodable


def make(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("import keras\n")


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_folder_stands_for_the_python_files_below_it(here):
    make(here, "b.py", "a.py", "sub/c.py", "sub/notes.txt", "app.pyw")
    assert files.find(["."]) == files.Found(("a.py", "app.pyw", "b.py", os.path.join("sub", "c.py")))


def test_what_is_not_the_users_source_is_left_out(here):
    make(here, "a.py", ".hidden/b.py", "env/lib/c.py", "env/pyvenv.cfg", "__pycache__/d.py", "node_modules/e.py")
    assert files.find(["."]).files == ("a.py",)


def test_gitignore_files_are_followed_and_a_deeper_one_wins(here):
    make(here, ".git/x", "a.py", "build/b.py", "gen_1.py", "sub/gen_2.py", "sub/keep/c.py", "sub/keep/gen_3.py")
    (here / ".gitignore").write_text("build/\ngen_*.py\n")
    (here / "sub" / "keep" / ".gitignore").write_text("!gen_3.py\n")
    expected = ("a.py", os.path.join("sub", "keep", "c.py"), os.path.join("sub", "keep", "gen_3.py"))
    assert files.find(["."]).files == expected


def test_rules_above_the_folder_hold_too(here):
    make(here, ".git/x", "sub/a.py", "sub/out/b.py")
    (here / ".gitignore").write_text("/sub/out\n")
    assert files.find(["sub"]).files == (os.path.join("sub", "a.py"),)


def test_a_named_file_is_taken_even_if_ignored(here):
    make(here, ".git/x", "a.py")
    (here / ".gitignore").write_text("*.py\n")
    assert files.find(["."]).files == ()
    assert files.find(["a.py"]).files == ("a.py",)


def test_a_file_is_found_once(here):
    make(here, "a.py")
    assert files.find(["./a.py", ".", "a.py"]).files == ("a.py",)


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("modle.py", "modle.py: no such file or folder; did you mean model.py?"),
        ("model", "model: no such file or folder; did you mean model.py?"),
        ("zzz", "zzz: no such file or folder"),
        ("nest/deep.py", f"{os.path.join('nest', 'deep.py')}: no such file or folder; did you mean "
                         f"{os.path.join('nets', 'deep.py')}?"),
    ],
)  # fmt: skip
def test_a_missing_path_is_named_with_its_nearest_sibling(here, path, error):
    make(here, "model.py", "nets/deep.py")
    found = files.find([path, "model.py"])
    assert found == files.Found(("model.py",), (error,))


def test_notebooks_are_found_and_documents_on_demand(here):
    make(here, "a.ipynb", "b.md", "c.qmd", ".ipynb_checkpoints/a-checkpoint.ipynb")
    assert files.find(["."]).files == ("a.ipynb",)
    assert files.find(["."], Configurations({"markdown": True}, isolated=True)).files == ("a.ipynb", "b.md", "c.qmd")


@pytest.mark.parametrize(
    ("data", "text", "encoding", "mark"),
    [
        (b"x = 1\r\ny = 2\n", "x = 1\r\ny = 2\n", "utf-8", b""),
        (b"\xef\xbb\xbfx = 1\n", "x = 1\n", "utf-8", b"\xef\xbb\xbf"),
        (
            "# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1"),
            "# -*- coding: latin-1 -*-\nx = 'é'\n",
            "iso-8859-1",
            b"",
        ),
        ("# coding: gbk\nx = '卷积'\n".encode("gbk"), "# coding: gbk\nx = '卷积'\n", "gbk", b""),
        ("x = '卷积'\n".encode(), "x = '卷积'\n", "utf-8", b""),
    ],
)
def test_files_are_decoded_as_python_does_and_encoded_back(data, text, encoding, mark):
    source = files.decode("a.py", data)
    assert (source.text, source.encoding, source.mark) == (text, encoding, mark)
    assert source.encode(source.text) == data


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"x = 1\ny = '\xe9'\n", "line 2 holds the byte 0xe9, which is not valid utf-8"),
        (b"\xff\xfex\x00", "it is UTF-16, and Python reads UTF-8 unless a declaration names another encoding"),
        (b"# coding: no-such-codec\n", "unknown encoding: no-such-codec"),
        (b"# coding: utf-8\n\n\nx = '\xe9'", "line 4 holds the byte 0xe9, which is not valid utf-8"),
    ],
)
def test_undecodable_bytes_are_named(data, reason):
    with pytest.raises(Undecodable) as caught:
        files.decode("a.py", data)
    assert str(caught.value) == reason


def test_a_character_that_the_encoding_lacks_is_refused():
    source = files.decode("a.py", b"# coding: latin-1\n")
    with pytest.raises(FileProblem, match=r"a\.py: iso-8859-1 has no '卷'"):
        source.encode("卷")


def test_writing_keeps_the_mode_and_leaves_no_temporary_file(tmp_path):
    file = tmp_path / "a.py"
    file.write_bytes(b"old")
    file.chmod(0o751)
    files.write_atomically(str(file), b"new", b"old")
    assert file.read_bytes() == b"new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o751
    assert os.listdir(tmp_path) == ["a.py"]


def test_writing_through_a_link_keeps_the_link(tmp_path):
    (tmp_path / "real.py").write_bytes(b"old")
    (tmp_path / "link.py").symlink_to("real.py")
    files.write_atomically(str(tmp_path / "link.py"), b"new", b"old")
    assert (tmp_path / "link.py").is_symlink()
    assert (tmp_path / "real.py").read_bytes() == b"new"


def test_a_file_that_changed_meanwhile_stays_as_it_is(tmp_path):
    file = tmp_path / "a.py"
    file.write_bytes(b"somebody else's")
    with pytest.raises(FileProblem, match="changed meanwhile"):
        files.write_atomically(str(file), b"new", b"old")
    assert file.read_bytes() == b"somebody else's"
    assert os.listdir(tmp_path) == ["a.py"]


def test_a_read_only_file_stays_as_it_is(tmp_path):
    file = tmp_path / "a.py"
    file.write_bytes(b"old")
    file.chmod(0o444)
    with pytest.raises(FileProblem, match="read-only"):
        files.write_atomically(str(file), b"new", b"old")
    assert file.read_bytes() == b"old"


def test_only_files_about_keras_are_parsed():
    assert files.mentions_keras(b"from tensorflow import keras")
    assert files.mentions_keras(b"import tensorflow")
    assert not files.mentions_keras(b"import torch")


def test_an_empty_path_is_not_the_current_folder(here):
    make(here, "a.py")
    assert files.find([""]) == files.Found((), ("a path is empty; write . for the current folder",))
