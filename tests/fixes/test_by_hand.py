"""Repairs of problems that the static front end states rarely: the observation is made by hand."""

from __future__ import annotations

import libcst as cst
import pytest

from convlint.edits import apply
from convlint.findings import Evidence, Observation
from convlint.fixes import REPAIRS, propose
from convlint.fixes.editing import nodes_within
from convlint.fixes.unknown_argument import one_letter_apart
from convlint.problems import MovedImport, SequenceNotReturned, TorchArgument
from convlint.static.site import Site
from convlint.static.source import SourceFile


def proposed(text, problem, kind, *, evidence_line=0):
    """Texts that the proposed fixes give, for a problem about the last node of a kind."""
    source = SourceFile.parse("m.py", text)
    node = [node for node in nodes_within(source.module) if isinstance(node, kind)][-1]
    steps = [one for one in nodes_within(source.module) if isinstance(one, cst.Call)]
    evidence = tuple(
        Evidence(source.location(one), "x: …") for one in steps if source.location(one).line == evidence_line
    )
    site = Site(source, node, None, {"keras": "keras"})
    observation = Observation(problem, source.location(node), "static", evidence=evidence, site=site)
    return [(fix.applicability, apply(text, fix.edits)) for fix in propose(observation)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = LSTM(4)(x)\ny = LSTM(4)(x)\n", "x = LSTM(4, return_sequences=True)(x)\ny = LSTM(4)(x)\n"),
        (
            "x = layers.GRU(4, return_sequences=False)(x)\ny = LSTM(4)(x)\n",
            "x = layers.GRU(4, return_sequences=True)(x)\ny = LSTM(4)(x)\n",
        ),
        (
            "x = LSTM(\n    4,\n)(x)\ny = LSTM(4)(x)\n",
            "x = LSTM(\n    4, return_sequences=True,\n)(x)\ny = LSTM(4)(x)\n",
        ),
    ],
)
def test_the_recurrent_layer_in_front_returns_its_sequence(before, after):
    problem = SequenceNotReturned("LSTM", "LSTM", ())
    assert proposed(before, problem, cst.Call, evidence_line=1) == [("unsafe", after)]


@pytest.mark.parametrize(
    ("before", "operation", "replacement", "after"),
    [
        ("from keras.layers.core import Dense, Flatten  # old\n", "keras.layers.core", "keras.layers",
         "from keras.layers import Dense, Flatten  # old\n"),
        ("from keras.utils.np_utils import to_categorical\n", "keras.utils.np_utils.to_categorical",
         "keras.utils.to_categorical", "from keras.utils import to_categorical\n"),
        ("from keras.engine import InputSpec\n", "keras.engine.InputSpec", "keras.layers.Spec",
         "from keras.layers import Spec as InputSpec\n"),
    ],
)  # fmt: skip
def test_a_name_is_imported_from_where_it_lives_today(before, operation, replacement, after):
    assert proposed(before, MovedImport(operation, replacement), cst.ImportFrom) == [("safe", after)]


def test_a_module_under_another_name():
    before = "import keras.layers.core as core\n"
    after = "import keras.layers as core\n"
    assert proposed(before, MovedImport("keras.layers.core", "keras.layers"), cst.Import) == [("safe", after)]
    unaliased = "import keras.layers.core\n"
    assert proposed(unaliased, MovedImport("keras.layers.core", "keras.layers"), cst.Import) == []


def test_a_size_that_keras_reads_from_the_input_is_only_advice():
    text = "y = Conv2D(in_channels=3, filters=8, kernel_size=3)\n"
    expected = "y = Conv2D(filters=8, kernel_size=3)\n"
    assert proposed(text, TorchArgument("Conv2D", "in_channels", ""), cst.Call) == [("display", expected)]


def test_an_observation_without_syntax_has_no_repair():
    source = SourceFile.parse("m.py", "x = 1\n")
    place = source.location(source.module.body[0])
    assert propose(Observation(TorchArgument("Conv2D", "stride", "strides"), place, "build")) == ()


def test_every_repair_is_about_a_problem_that_exists_and_can_be_loaded():
    from importlib import import_module

    from convlint import problems

    for problem, module in REPAIRS.items():
        assert issubclass(getattr(problems, problem), problems.Problem)
        assert callable(import_module(f"convlint.fixes.{module}").propose)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("activaton", "activation", True),
        ("activationn", "activation", True),
        ("padxing", "padding", True),
        ("stirdes", "strides", True),
        ("strides", "strides", False),
        ("filer", "filters", False),
        ("units", "unit_s", True),
        ("ab", "ba", True),
        ("abc", "cba", False),
    ],
)
def test_one_letter_apart(a, b, expected):
    assert one_letter_apart(a, b) is expected
    assert one_letter_apart(b, a) is expected
