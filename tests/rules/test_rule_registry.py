"""The registry: every Problem has its rule, every rule can be found, wrong words get the nearest right one."""

from __future__ import annotations

import subprocess
import sys

import pytest

from convlint import problems
from convlint.findings import Evidence, Location, Observation
from convlint.problems import (
    ChannelMismatch,
    KernelLayoutOIHW,
    MissingArgument,
    Problem,
    SyntaxFault,
    UnknownArgument,
    WindowTooLarge,
)
from convlint.rules import registry as registry_module
from convlint.rules.documents import PageError, read_page
from convlint.rules.registry import Registry, RegistryError, UnknownRule, load
from convlint.shapes.dims import DYNAMIC

PLACE = Location("model.py", 12, 5, 12, 13)
TEXT = """\
---
judges: {problem}
severity: error
message: "m"
help: "h."
traceback: "{pattern}"
since: "0.1"
---
# T
"""


def rule(name: str, problem: str, pattern: str = "x"):
    return read_page(f"{name}.md", TEXT.format(problem=problem, pattern=pattern))


def test_every_problem_is_judged_by_exactly_one_page() -> None:
    """A Problem without a page could not be reported; a page without a Problem never would be."""
    known = {
        name
        for name, value in vars(problems).items()
        if isinstance(value, type) and issubclass(value, Problem) and value is not Problem
    }
    judged = [name for page in load().pages for name in page.judges]
    assert sorted(judged) == sorted(known)


def test_a_problem_becomes_a_finding() -> None:
    """Message, help and place come together; nothing of the observation is lost."""
    problem = KernelLayoutOIHW("K.conv2d", (64, 1, 8, 8), (8, 8, 1, 64), (2, 3, 1, 0), 1, 8, (DYNAMIC, 32, 32, 1))
    evidence = (Evidence(PLACE, "x: (None, 32, 32, 1)"),)
    finding = load().finding(Observation(problem, PLACE, "static", "Layer.call", evidence))
    assert (finding.code, finding.name, finding.severity) == ("CL204", "kernel-layout-oihw", "error")
    assert finding.url == "rules/CL204-kernel-layout-oihw.md"
    assert finding.location == PLACE
    assert finding.symbol == "Layer.call"
    assert finding.evidence == evidence
    assert "(64, 1, 8, 8)" in finding.message
    assert "transpose(kernel, (2, 3, 1, 0))" in finding.help
    assert "(8, 8, 1, 64)" in finding.help
    assert "{" not in finding.message + finding.help


def test_the_class_decides_not_its_base() -> None:
    """The silent variant of a fault has its own severity, though its class is derived."""
    silent = problems.KernelLayoutOIHWSilent("conv", (4, 3, 3, 3), (3, 3, 3, 4), (2, 3, 1, 0), 3, 3, (1, 9, 9, 3))
    assert load().finding(Observation(silent, PLACE, "static")).severity == "warning"


@pytest.mark.parametrize("word", ["CL101", "cl101", "channel-mismatch", "Channel-Mismatch"])
def test_a_rule_is_found_by_code_or_name(word: str) -> None:
    """Case does not matter."""
    assert load().page(word).code == "CL101"


@pytest.mark.parametrize(
    ("word", "suggestion"),
    [("CL1O1", "CL101"), ("CL10l", "CL101"), ("chanel-mismatch", "channel-mismatch"), ("qqqq", None)],
)
def test_an_unknown_rule_gets_the_nearest(word: str, suggestion: str | None) -> None:
    """The error names what was asked for and what may have been meant."""
    with pytest.raises(UnknownRule) as caught:
        load().page(word)
    assert (caught.value.word, caught.value.suggestion) == (word, suggestion)
    assert word in str(caught.value)
    with pytest.raises(UnknownRule):
        load().select(["CL101", word])


def test_select() -> None:
    """Codes, beginnings, names and ALL; each rule once, in order."""
    registry = load()
    chosen = [page.code for page in registry.select(["CL20"])]
    assert {"CL201", "CL204"} <= set(chosen)
    assert chosen == [page.code for page in registry.pages if page.code.startswith("CL20")]
    assert [page.code for page in registry.select(["discarded-result", "CL101", "CL101"])] == ["CL101", "CL601"]
    assert registry.select(["ALL"]) == registry.pages
    assert registry.select([]) == ()
    with pytest.raises(UnknownRule):
        registry.select([""])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1 != 8", "CL204"),
        ("3 != 512", "CL101"),
        ("ValueError: number of input channels does not match corresponding dimension of filter, 3 != 7", "CL101"),
        ("\x1b[1minput depth must be evenly divisible by filter depth: 1 vs 8\x1b[0m", "CL101"),
        ("Negative dimension size caused by subtracting 5 from 1 for 'conv2d_1/convolution'", "CL201"),
        ("TypeError: Failed to convert elements of (None, 7, 7, 64) to Tensor.", "CL301"),
        ("Failed to convert object of type <class 'tuple'> to Tensor. Contents: (Dimension(None), 8)", "CL301"),
        ("No module named 'keras.layers.merge'", "CL702"),
        ("module 'keras.backend' has no attribute 'permute_dimensions'", "CL707"),
        ("expected min_ndim=4, found ndim=3", "CL103"),
        ("border_mode", "CL701"),
        ("'int' object has no attribute 'lower'", "CL401"),
        ("kernel layout", "CL204"),
    ],
)
def test_search_finds_the_rule(text: str, code: str) -> None:
    """An error text, of any age and with any numbers, leads to its page."""
    assert code in [page.code for page in load().search(text)][:4]


def test_search_finds_nothing_in_nothing() -> None:
    """Neither an empty text nor a foreign one matches."""
    assert load().search("  ") == ()
    assert load().search("CUDA_ERROR_OUT_OF_MEMORY: zebra") == ()


def test_a_message_that_says_everything_is_recognised() -> None:
    """Captured words become fields."""
    found = load().recognise("TypeError: Conv2D.__init__() missing 1 required positional argument: 'kernel_size'")
    assert found == MissingArgument("Conv2D", "kernel_size")
    found = load().recognise("Unrecognized keyword arguments passed to Dense: {'activaton': 'relu'}")
    assert found == UnknownArgument("Dense", "activaton", "activation")


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("Unrecognized keyword arguments passed to Conv2D: {'stride': (8, 8)}", "CL605"),
        ("Unrecognized keyword arguments passed to Conv2D: {'border_mode': 'same'}", "CL701"),
        ("Unrecognized keyword arguments passed to Conv2D: {'kernal_size': 3}", "CL406"),
    ],
)
def test_the_most_specific_wording_decides(message: str, code: str) -> None:
    """A word of PyTorch or Keras 1 is more than an unknown argument."""
    problem = load().recognise(message)
    assert problem is not None
    assert load().judge_of(type(problem)).code == code
    assert load().search(message)[0].code == code


def test_a_message_that_leaves_something_open_is_not_filled_with_guesses() -> None:
    """`1 vs 8` alone does not say which layer or shapes; with them it is a Problem."""
    message = "input depth must be evenly divisible by filter depth: 1 vs 8"
    assert load().recognise(message) is None
    known = {
        "operation": "tf.nn.conv2d",
        "input_shape": (1, 9, 9, 1),
        "kernel_shape": (3, 3, 8, 4),
        "data_format": "channels_last",
    }
    assert load().recognise(message, known) == ChannelMismatch(
        "tf.nn.conv2d", 1, 8, (1, 9, 9, 1), (3, 3, 8, 4), "channels_last"
    )
    assert load().recognise("nobody knows this") is None


def test_captured_shapes_and_sizes_are_typed() -> None:
    """Text of a message turns into the types that the Problem declares."""
    pattern = r"on (?P<input_shape>.*): (?P<size>\\d+) (?P<window>\\d+) (?P<axis>\\d+) (?P<window_shape>.*)"
    known = {"operation": "pool", "data_format": "channels_last"}
    found = Registry([rule("CL999-a", "WindowTooLarge", pattern)]).recognise("on [?,4,(3)]: 4 5 1 (5, None)", known)
    assert found is not None
    found = Registry([rule("CL999-a", "WindowTooLarge", pattern)]).recognise("on [?,4,3]: 4 5 1 (5, None)", known)
    assert found == WindowTooLarge("pool", 1, 4, 5, (DYNAMIC, 4, 3), (5, DYNAMIC), "channels_last")


def test_pages_that_contradict_each_other() -> None:
    """A code, a name or a Problem claimed twice names both pages."""
    one = rule("CL998-one", "SyntaxFault")
    for other in (rule("CL998-two", "BuildFailed"), rule("CL999-one", "BuildFailed"), rule("CL999-two", "SyntaxFault")):
        with pytest.raises(RegistryError) as caught:
            Registry([one, other])
        assert one.path in str(caught.value)
        assert other.path in str(caught.value)


def test_no_pages_is_an_error() -> None:
    """A linter without rules would call everything clean."""
    with pytest.raises(RegistryError):
        Registry([])


def test_a_problem_without_a_page_is_an_error() -> None:
    """It is never dropped."""
    registry = Registry([rule("CL998-one", "SyntaxFault")])
    assert registry.judge_of(SyntaxFault).code == "CL998"
    with pytest.raises(RegistryError, match="ChannelMismatch"):
        registry.judge_of(ChannelMismatch)


def test_a_broken_pattern_names_its_page() -> None:
    """A regular expression that does not compile is the page's fault, not a traceback of `re`."""
    registry = Registry([rule("CL998-one", "SyntaxFault", "(unclosed")])
    with pytest.raises(PageError, match=r"CL998-one\.md"):
        registry.search("anything")


def test_rule_packs_are_read_by_the_same_function(tmp_path, monkeypatch) -> None:
    """A package of pages named by an entry point joins the registry and obeys the same checks."""
    pack = tmp_path / "acme_rules"
    pack.mkdir()
    (pack / "__init__.py").write_text("")
    (pack / "ACME001-our-rule.md").write_text(TEXT.format(problem="SyntaxFault", pattern="x"))
    distribution = tmp_path / "acme_rules-1.0.dist-info"
    distribution.mkdir()
    (distribution / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-rules\nVersion: 1.0\n")
    (distribution / "entry_points.txt").write_text("[convlint.rules]\nacme = acme_rules\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(RegistryError, match="SyntaxFault is claimed by two pages"):
        registry_module.load.__wrapped__()
    (pack / "ACME001-our-rule.md").write_text(TEXT.format(problem="NoSuchProblem", pattern="x"))
    with pytest.raises(PageError, match=r"acme_rules/ACME001-our-rule\.md:2: no Problem is called NoSuchProblem"):
        registry_module.load.__wrapped__()


def test_loading_is_light() -> None:
    """Listing rules needs neither libcst nor rich nor TensorFlow."""
    script = (
        "import sys; from convlint.rules.registry import load; load();"
        "print(*[name for name in ('libcst', 'rich', 'typer', 'tensorflow', 'keras', 'numpy') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout.strip() == ""


def test_a_number_alone_is_a_code():
    """``convlint rule 204`` is ``convlint rule CL204``."""
    registry = load()
    assert registry.page("204") is registry.page("CL204")
