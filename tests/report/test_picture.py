"""The page of ``inspect --html``, as text; tests/runtime/test_browser.py looks at it in a browser."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

from convlint.api import Inspection
from convlint.report.model import findings_at
from convlint.report.picture import page
from convlint.runtime.reports import BuildReport
from convlint.summary import Edge, LayerRow, ModelGraph
from tests.report.samples import WRONG

IMAGE, FEATURES = (None, 3, 8, 8), (None, 4, 6, 6)


def row(name, kind, shapes=(IMAGE,), **more):
    return replace(LayerRow(name, kind, shapes, shapes, 0, None, None, "m.py", 3), **more)


BOXES = (
    row("image", "InputLayer"),
    row("conv", "Conv2D", output_shapes=(FEATURES,), data_format="channels_first", kernel_shape=(3, 3, 3, 4), line=5),
    row("relu", "ReLU", (FEATURES,), line=6),
    row("permute", "Permute", ((None, 6, 6, 4),), line=7),
    row("conv_1", "Conv2D", ((None, 6, 6, 4),), data_format="channels_last", line=8),
)
GRAPH = ModelGraph(BOXES, tuple(Edge(i, i + 1, BOXES[i].output_shapes[0]) for i in range(4)))
REPORT = BuildReport("m.py:make", "m.py", "built", model="net", params=112, layers=BOXES, graph=GRAPH)


def test_each_box_has_the_colour_of_its_layout_or_of_what_flows_through_it():
    kinds = re.findall(r'<g class="box (\w+) ', page([Inspection(REPORT)]))
    assert kinds == ["input", "first", "first", "plain", "last"]


def test_every_edge_tells_its_shape():
    text = page([Inspection(REPORT)])
    labels = re.findall(r'<g class="label".*?<text>(.*?)</text>', text)
    assert labels == ["(None, 3, 8, 8)", "(None, 4, 6, 6)", "(None, 4, 6, 6)", "(None, 6, 6, 4)"]


def test_the_fault_is_where_it_happens():
    failed = replace(REPORT, status="raised", graph=replace(GRAPH, failed=4))
    assert re.findall(r'<g class="box last error"', page([Inspection(failed)]))
    at = replace(WRONG.location, file="m.py", line=6, end_line=6)
    marked = page([Inspection(REPORT, (replace(WRONG, location=at),))])
    assert re.findall(rf'<g class="box first {WRONG.severity}" data-box="2"', marked)


def test_nothing_is_loaded_from_anywhere_and_no_name_is_markup():
    hostile = "</script><img src=http://x.example/y onerror=alert(1)>\udcff\x1b"
    boxes = (row(hostile, hostile), *BOXES[1:])
    report = replace(REPORT, model=hostile, target=hostile, graph=replace(GRAPH, boxes=boxes), layers=boxes)
    text = page([Inspection(replace(report, message=hostile, notes=(hostile,)))])
    text.encode()
    assert "<img" not in text
    assert "\x1b" not in text
    seen: set[str] = set()

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            seen.update([tag, *(name for name, _ in attrs)])

    Reader().feed(text)
    assert {"svg", "script", "data-name"} <= seen
    assert not seen & {"img", "link", "iframe", "src", "href", "onerror"}
    assert "url(http" not in text
    assert "default-src 'none'" in text


def test_findings_stand_at_the_layers_of_their_line_and_name():
    """Of several layers on a line the one that is named, else the one that gave nothing."""
    finding = replace(WRONG, message="`Conv2D` …", location=replace(WRONG.location, file="m.py", line=5))
    finding = replace(finding, location=replace(finding.location, end_line=5))
    here = [row("a", "Conv2D", line=5), row("b", "ReLU", line=5), row("c", "Conv2D", line=6)]
    assert list(findings_at(here, [finding])) == [0]
    other = replace(finding, message="…", severity="error")
    assert list(findings_at([here[0], replace(here[1], output_shapes=())], [other])) == [1]
    saved = [replace(one, line=0, file="") for one in here]
    assert list(findings_at(saved, [replace(finding, message="`b` …")])) == [1]
