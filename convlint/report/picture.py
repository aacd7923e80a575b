"""Models as a page with pictures: the graph of each, its layers, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from convlint.report.drawing import Drawing, draw
from convlint.report.model import findings_at, shape_text, shapes_text
from convlint.report.page import render
from convlint.report.plain import columns, cut, one_line

if TYPE_CHECKING:
    from convlint.api import Inspection
    from convlint.findings import Finding
    from convlint.summary import LayerRow, ModelGraph

HEIGHT = 44
"""Pixels of a box."""
_LETTER, _SMALL = 7.3, 6.1
"""Pixels of a letter in the two sizes of type that the page uses."""
MAX_LETTERS = 36
MAX_PICTURES = 100
"""Graphs on one page, those of models inside models included."""
CONTEXT = 2
"""Lines around a finding that are shown."""


def page(inspections: Sequence[Inspection]) -> str:
    """One self-contained HTML page; nothing in it needs a network."""
    models: list[dict[str, Any]] = []
    for one in inspections:
        _add(models, one, one.report.graph, "")
    return render("model.html", models=models)


def _add(models: list[dict[str, Any]], inspection: Inspection, graph: ModelGraph, inside: str) -> int:
    """Draw a graph, and behind it those of the models in it; the number of its picture.

    Args:
        models: what was drawn so far.
        inspection: that the graph belongs to.
        graph: of the model, or of one inside it.
        inside: names of the models around it, each with an arrow behind it; empty for the model itself.
    """
    number = len(models)
    drawn = _model(inspection, graph)
    models.append(drawn)
    if inside:
        drawn |= {"title": inside, "tab": inside, "message": "", "notes": [], "layers": list(map(_row, graph.boxes))}
        drawn |= {"params": None, "findings": [one for one in drawn["findings"] if one["box"] is not None]}
    for name, inner in graph.inner:
        if not inner.boxes or len(models) >= MAX_PICTURES:
            continue
        opens = _add(models, inspection, inner, f"{inside or drawn['title']} ▸ {one_line(name)}")
        for details in drawn["details"]:
            if details["name"] == one_line(name):
                details["opens"] = opens
    return number


def _model(inspection: Inspection, graph: ModelGraph) -> dict[str, Any]:
    report = inspection.report
    found = findings_at(graph.boxes, inspection.findings)
    layouts = _layouts(graph)
    texts = [(one_line(box.name), _second_line(box)) for box in graph.boxes]
    widths = [max(_LETTER * _letters(name), _SMALL * _letters(small)) + 26 for name, small in texts]
    labels = [shape_text(edge.shape) for edge in graph.edges]
    label_widths = [_SMALL * columns(label) + 10 for label in labels]
    drawing = draw(widths, [(edge.source, edge.target) for edge in graph.edges], label_widths, height=HEIGHT)
    boxes = []
    for index, box in enumerate(graph.boxes):
        problems = found.get(index, [])
        worst = "error" if index == graph.failed else _worst(problems)
        x, y = drawing.corners[index]
        boxes.append(
            {
                "x": round(x, 1), "y": y, "width": round(widths[index], 1),
                "name": cut(texts[index][0], MAX_LETTERS), "small": cut(texts[index][1], MAX_LETTERS + 8),
                "kind": _kind(box, layouts[index]), "severity": worst,
            }
        )  # fmt: skip
    return {
        "title": one_line(report.model or report.target),
        "target": one_line(report.target),
        "tab": one_line(report.target),
        "source": inspection.source,
        "status": report.status,
        "message": one_line(report.message),
        "layout": report.image_data_format,
        "params": report.params,
        "notes": [one_line(note) for note in report.notes],
        "layers": [_row(row) for row in report.layers],
        "width": round(drawing.width, 1), "height": drawing.height, "box_height": HEIGHT,
        "boxes": boxes,
        "edges": _edges(graph, drawing, labels),
        "ends": [(edge.source, edge.target) for edge in graph.edges],
        "details": [_details(box, found.get(index, []), inspection) for index, box in enumerate(graph.boxes)],
        "findings": [_finding(one, inspection, found) for one in inspection.findings],
        "kinds": sorted({box["kind"] for box in boxes} & {"last", "first"}),
    }  # fmt: skip


def _letters(text: str) -> int:
    return min(columns(text), MAX_LETTERS + 8)


def _second_line(box: LayerRow) -> str:
    parts = [one_line(box.class_name)] if box.class_name else []
    if box.kernel_shape is not None:
        parts.append(" × ".join(str(size) for size in box.kernel_shape))
    elif box.params:
        parts.append(f"{box.params:,} weights")
    return " · ".join(parts)


def _kind(box: LayerRow, layout: str | None) -> str:
    if box.class_name in ("InputLayer", "input"):
        return "input"
    return layout.removeprefix("channels_") if layout is not None else "plain"


def _worst(findings: Sequence[Finding]) -> str:
    present = {one.severity for one in findings}
    return next((severity for severity in ("error", "warning", "info") if severity in present), "")


def _layouts(graph: ModelGraph) -> list[str | None]:
    """The layout of each box: its layer's own, else that of what it is given, else that of what it is given to."""
    layouts: list[str | None] = [box.data_format for box in graph.boxes]
    spatial = [any(len(shape) > 2 for shape in box.output_shapes if not isinstance(shape, str)) for box in graph.boxes]
    above: dict[int, list[int]] = {}
    below: dict[int, list[int]] = {}
    for edge in graph.edges:
        above.setdefault(edge.target, []).append(edge.source)
        below.setdefault(edge.source, []).append(edge.target)
    for neighbours, order in ((above, range(len(layouts))), (below, range(len(layouts) - 1, -1, -1))):
        for index in order:
            if layouts[index] is None and spatial[index] and not _reorders(graph.boxes[index]):
                met = {layouts[other] for other in neighbours.get(index, ()) if layouts[other] is not None}
                layouts[index] = met.pop() if len(met) == 1 else None
    return layouts


def _reorders(box: LayerRow) -> bool:
    """Whether the axes change places in it, so that nothing follows from one side for the other."""
    return box.class_name.rpartition(".")[2] in ("Permute", "Reshape", "Transpose", "transpose", "reshape", "Moveaxis")


def _edges(graph: ModelGraph, drawing: Drawing, labels: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {
            "path": _path(path),
            "x": round(x, 1),
            "y": round(y, 1),
            "label": label,
            "width": round(_SMALL * columns(label) + 6, 1),
            "failed": edge.target == graph.failed,
        }
        for edge, path, (x, y), label in zip(graph.edges, drawing.paths, drawing.labels, labels)
    ]


def _path(points: Sequence[tuple[float, float]]) -> str:
    """Curves between ranks, straight lines across them."""
    x, y = points[0]
    parts = [f"M{x:.1f} {y:.1f}"]
    for index, (to_x, to_y) in enumerate(points[1:]):
        if index % 2:
            parts.append(f"L{to_x:.1f} {to_y:.1f}")
        else:
            middle = (y + to_y) / 2
            parts.append(f"C{x:.1f} {middle:.1f} {to_x:.1f} {middle:.1f} {to_x:.1f} {to_y:.1f}")
        x, y = to_x, to_y
    return "".join(parts)


def _row(row: LayerRow) -> dict[str, str]:
    return {
        "name": one_line(row.name),
        "class": one_line(row.class_name),
        "input": shapes_text(row.input_shapes),
        "output": shapes_text(row.output_shapes),
        "params": "?" if row.params is None else f"{row.params:,}",
        "kernel": "" if row.kernel_shape is None else shape_text(row.kernel_shape),
        "layout": row.data_format or "",
    }


def _details(box: LayerRow, findings: Sequence[Finding], inspection: Inspection) -> dict[str, Any]:
    """What a click on a box shows, as pairs of a word and its value."""
    facts = [
        ("class", one_line(box.class_name)),
        ("input", shapes_text(box.input_shapes)),
        ("output", shapes_text(box.output_shapes)),
        ("kernel", "" if box.kernel_shape is None else shape_text(box.kernel_shape)),
        ("layout", box.data_format or ""),
        ("weights", "" if box.params is None else f"{box.params:,}"),
        ("source", f"{one_line(box.file)}:{box.line}" if box.line else ""),
    ]
    return {
        "name": one_line(box.name),
        "facts": [fact for fact in facts if fact[1]],
        "code": _code(inspection.sources.get(box.file, ""), box.line, 0) if box.line else [],
        "findings": [f"{one.severity} {one.code} {one.name}: {one_line(one.message)}" for one in findings],
    }


def _code(text: str, line: int, around: int = CONTEXT) -> list[tuple[int, str]]:
    lines = text.split("\n")
    numbers = range(max(line - around, 1), min(line + around, len(lines)) + 1)
    return [(number, one_line(lines[number - 1].rstrip())) for number in numbers] if text else []


def _finding(finding: Finding, inspection: Inspection, found: Mapping[int, Sequence[Finding]]) -> dict[str, Any]:
    place = finding.location
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity,
        "message": one_line(finding.message),
        "place": f"{one_line(place.file)}:{place.line}:{place.column}",
        "line": place.line,
        "source": _code(inspection.sources.get(place.file, ""), place.line),
        "help": one_line(finding.help),
        "path": [
            (f"{one_line(step.location.file)}:{step.location.line}", one_line(step.text)) for step in finding.evidence
        ],
        "box": next((index for index, ones in found.items() if finding in ones), None),
    }
