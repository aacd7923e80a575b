"""What a script, a test or a notebook calls: ``convlint.check``, ``inspect``, ``diagnose``, ``compare``.

The names are those of the package itself; nothing of this module is loaded before one of them is used::

    import convlint

    result = convlint.check("model.py")
    for finding in result:
        print(finding.code, finding.message)
"""

from __future__ import annotations

import io
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any, TextIO, Union

from convlint import api, live
from convlint.configuration import Configurations
from convlint.findings import Finding
from convlint.lazy import dataclass
from convlint.report import View, inline

if TYPE_CHECKING:
    from convlint.diagnosis import Diagnosis, Explained
    from convlint.runtime.reports import BuildReport, Comparison
    from convlint.runtime.targets import BuildTarget
    from convlint.summary import LayerRow

PathLike = Union[str, "os.PathLike[str]"]
Shape = Sequence[Union[int, None]]
Inputs = Union[str, Shape, Sequence[Union[str, Shape]], Mapping[str, Shape]]
"""Shapes of one sample, without the batch: ``(224, 224, 3)``, ``"224 224 3 float32"``, several, or by name."""


class Printed:
    """A result that prints itself: as text, and with colours in a notebook."""

    def write(self, out: TextIO, view: View) -> None:
        """Write the report that the command of the same name writes."""
        raise NotImplementedError

    @property
    def sources(self) -> Mapping[str, str]:
        """Texts of the files that the report shows lines of."""
        return {}

    def __str__(self) -> str:
        return inline.as_text(self.write, self.sources)

    def _repr_html_(self) -> str:
        return inline.as_html(self.write, self.sources)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self).rstrip("\n") or repr(self))


# --- check ---------------------------------------------------------------------------------------


@dataclass(frozen=True, repr=False)
class CheckResult(Printed, Sequence[Finding]):
    """The findings of a check, by file and line; a sequence of them.

    Attributes:
        findings: see :class:`convlint.findings.Finding`.
        files_checked: how many files were looked at.
        errors: what convlint could not do, one sentence each.
        notes: what was taken for granted.
    """

    findings: tuple[Finding, ...] = ()
    files_checked: int = 0
    errors: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    _sources: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether everything could be checked and nothing was found."""
        return not self.findings and not self.errors

    @property
    def sources(self) -> Mapping[str, str]:
        return self._sources

    def write(self, out: TextIO, view: View) -> None:
        from convlint.report import text

        text.write(self.findings, out, view)
        for error in self.errors:
            out.write(f"convlint: {error}\n")
        if self.ok:
            out.write("nothing found\n")

    def as_json(self) -> list[dict[str, Any]]:
        """What ``convlint check --output-format json`` prints."""
        from convlint.report.json import finding_as_json

        return [finding_as_json(finding) for finding in self.findings]

    def __getitem__(self, index: Any) -> Any:
        return self.findings[index]

    def __len__(self) -> int:
        return len(self.findings)

    def __repr__(self) -> str:
        return f"<CheckResult: {_plural(len(self.findings), 'finding')} in {_plural(self.files_checked, 'file')}>"


def check(
    *paths: PathLike,
    source: str | None = None,
    filename: str = "<source>",
    select: Sequence[str] | None = None,
    ignore: Sequence[str] | None = None,
    extend_select: Sequence[str] | None = None,
    profile: str | None = None,
    keras: int | None = None,
    image_data_format: str | None = None,
    build: bool = False,
    isolated: bool = False,
) -> CheckResult:
    """Check files and folders, or a text. Nothing of them is imported or run, unless ``build`` is set.

    Args:
        paths: Python files, notebooks, folders that are searched.
        source: a text to be checked instead.
        filename: what findings in the text are printed with; its folder is where imports and configuration start.
        select: rules to report, by code, prefix or name; like the other options stronger than configuration files.
        ignore: rules not to report.
        extend_select: rules to report besides.
        profile: ``strict``, ``port`` or ``ci``: turns on rules that are off by default.
        keras: the generation that the programs run on, 2 or 3.
        image_data_format: the layout before a program changes it.
        build: also build with the installed Keras, in a process of its own.
        isolated: leave configuration files alone.

    Raises:
        TypeError: both paths and a source were given, or neither.
        convlint.settings.SettingsError: an option or a configuration file can't be used.
    """
    if (source is None) == (not paths):
        raise TypeError("convlint.check takes paths, or source=...")
    flags = {
        "select": _list(select), "ignore": _list(ignore), "extend-select": _list(extend_select), "profile": profile,
        "keras": keras, "image-data-format": image_data_format, "build": build or None,
    }  # fmt: skip
    configurations = Configurations(
        {key: value for key, value in flags.items() if value is not None}, isolated=isolated
    )
    if source is not None:
        run = api.check_text(source.encode("utf-8", "surrogatepass"), filename, configurations)
    else:
        run = api.check_paths([os.fspath(path) for path in paths], configurations)
    return CheckResult(run.findings, run.files_checked, run.errors, run.notes, run.sources)


def _list(words: Sequence[str] | None) -> list[str] | None:
    if words is None:
        return None
    return [words] if isinstance(words, str) else list(words)


def _plural(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


# --- inspect -------------------------------------------------------------------------------------


@dataclass(frozen=True, repr=False)
class InspectResult(Printed):
    """A model as a table of its layers.

    Attributes:
        name: of the model.
        layers: see :class:`convlint.summary.LayerRow`.
        params: how many weights it has; None where that is not known.
        findings: what is wrong with it.
        status: ``built``, or why there is no table.
        message: the same as a sentence; empty where there is one.
    """

    inspection: api.Inspection

    @property
    def report(self) -> BuildReport:
        """Everything that is known of the build."""
        return self.inspection.report

    @property
    def name(self) -> str:
        return self.report.model or self.report.target

    @property
    def layers(self) -> tuple[LayerRow, ...]:
        return tuple(self.report.layers)

    @property
    def params(self) -> int | None:
        return self.report.params

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.inspection.findings

    @property
    def status(self) -> str:
        return self.report.status

    @property
    def message(self) -> str:
        return "" if self.report.ok else self.report.message or self.report.status

    @property
    def ok(self) -> bool:
        """Whether the model was built and nothing is wrong with it."""
        return self.report.ok and not self.findings

    @property
    def sources(self) -> Mapping[str, str]:
        return self.inspection.sources

    def write(self, out: TextIO, view: View) -> None:
        from convlint.report import model

        model.write_text(self.inspection, out, view)
        if self.message and not self.findings:
            out.write(f"{self.report.target}: {self.message}\n")

    def as_json(self) -> dict[str, Any]:
        """What ``convlint inspect --output-format json`` prints."""
        from convlint.report.model import inspection_as_json

        return inspection_as_json(self.inspection)

    def __iter__(self) -> Iterator[LayerRow]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        if self.message:
            return f"<InspectResult: {self.report.target}: {self.status}>"
        return f"<InspectResult: {self.name}, {_plural(len(self), 'layer')}>"


def inspect(
    target: object,
    *,
    input: Inputs | None = None,
    args: Mapping[str, object] | None = None,
    static: bool = False,
    image_data_format: str | None = None,
    time_limit: float | None = None,
    memory_limit: int | None = None,
) -> InspectResult:
    """The layers of a model: shapes, kernels, layouts, weights, and what is wrong.

    Args:
        target: ``"model.py:build_model"`` or ``"package.module:Net"``; a saved model (nothing in it is run); a
            function or class, which another process builds from its file, or this one where it is in no file; a
            model or a layer of this program.
        input: for what is called on tensors.
        args: arguments of the function or class.
        static: derive the layers from the source; nothing is imported or run.
        image_data_format: as configured, else as in ``keras.json``, where not given.
        time_limit: seconds that a build may take; as configured, else 60.
        memory_limit: bytes that a build may take; as configured, else 4 GB.

    Raises:
        convlint.runtime.targets.TargetError: there is no such file, or the target can't be understood.
        convlint.files.FileProblem: the file can't be read.
        convlint.runtime.client.RuntimeUnavailable: Keras can't be imported.
        TypeError: the target is nothing that can be inspected.
    """
    settings = _configured(image_data_format, time_limit, memory_limit)
    if isinstance(target, str | os.PathLike):
        from convlint.saved.containers import is_saved

        path = os.fspath(target)
        if is_saved(path):
            return InspectResult(api.inspect_saved(path, settings))
        wanted = _target(path, input, args)
        return InspectResult(api.inspect_static(wanted, settings) if static else api.inspect(wanted, settings))
    if live.is_keras_object(target):
        return _inspected_here(lambda: target, type(target).__name__, input, settings)
    if not callable(target):
        raise TypeError(f"convlint.inspect takes a target, a builder or a model, not {type(target).__name__}")
    home = live.home_of(target)
    if home is not None:
        wanted = replace(_target(home[0], input, args), builder=home[1])
        return InspectResult(api.inspect_static(wanted, settings) if static else api.inspect(wanted, settings))
    name = getattr(target, "__name__", type(target).__name__)
    if static:
        raise TypeError(f"the source of {name} is in no file; convlint.check(source=...) reads a text")
    return _inspected_here(lambda: target(**(args or {})), name, input, settings)


def _inspected_here(
    make: Callable[[], Any], name: str, input: Inputs | None, settings: Configurations
) -> InspectResult:
    """Build in this process; an exception is explained like any other."""
    from convlint.runtime.reports import BuildReport

    layout = settings.for_run().image_data_format.value
    try:
        made = live.called(make(), [(one.name, one.shape, one.dtype) for one in _specs(input)])
    except Exception as error:
        explained = diagnose(error)
        message = str(error).partition("\n")[0]
        report = BuildReport(name, "", "raised", image_data_format=layout, message=message)
        return InspectResult(api.Inspection(report, explained.findings, dict(explained.sources)))
    if not live.is_keras_object(made):
        message = f"`{name}` returned {type(made).__name__}, which is no model and no layer"
        return InspectResult(
            api.Inspection(BuildReport(name, "", "not-a-builder", image_data_format=layout, message=message))
        )
    return InspectResult(api.Inspection(live.report_on(made, name, layout)))


def _configured(layout: str | None, time_limit: float | None = None, memory_limit: int | None = None) -> Configurations:
    """The configuration files, below what a caller says."""
    flags = {"image-data-format": layout, "time-limit": time_limit, "memory-limit": memory_limit}
    return Configurations({key: value for key, value in flags.items() if value is not None})


def _target(text: str, input: Inputs | None, args: Mapping[str, object] | None) -> BuildTarget:
    from convlint.runtime.targets import parse_target

    return replace(parse_target(text), inputs=tuple(_specs(input)), arguments=dict(args or {}))


def _specs(input: Inputs | None) -> list[Any]:
    """What was said about inputs, one for each."""
    from convlint.runtime.targets import InputSpec, parse_input

    if input is None:
        return []
    if isinstance(input, str):
        return [parse_input(input)]
    if isinstance(input, Mapping):
        return [InputSpec(tuple(shape), name) for name, shape in input.items()]
    if all(isinstance(size, int | None) for size in input):
        return [InputSpec(tuple(input))]  # type: ignore[arg-type]
    return [parse_input(one) if isinstance(one, str) else InputSpec(tuple(one)) for one in input]  # type: ignore[arg-type]


# --- diagnose ------------------------------------------------------------------------------------


@dataclass(frozen=True, repr=False)
class DiagnoseResult(Printed):
    """What brought errors about.

    Attributes:
        errors: the last one first; see :class:`convlint.diagnosis.Explained`.
        findings: causes of all of them, the likeliest first.
    """

    diagnosis: Diagnosis

    @property
    def errors(self) -> tuple[Explained, ...]:
        return self.diagnosis.errors

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(finding for error in self.errors for finding in error.findings)

    @property
    def recognised(self) -> bool:
        """Whether a rule explains one of the errors."""
        return any(error.recognised for error in self.errors)

    @property
    def sources(self) -> Mapping[str, str]:
        return self.diagnosis.sources

    def write(self, out: TextIO, view: View) -> None:
        from convlint.report import diagnosis

        if self.errors:
            diagnosis.write_text(self.diagnosis, out, view)
        else:
            out.write("no error in the text\n")

    def as_json(self) -> dict[str, Any]:
        """What ``convlint diagnose --output-format json`` prints."""
        from convlint.report import diagnosis

        out = io.StringIO()
        diagnosis.write_json(self.diagnosis, out, View(self.sources))
        value: dict[str, Any] = json.loads(out.getvalue())
        return value

    def __bool__(self) -> bool:
        return self.recognised

    def __repr__(self) -> str:
        codes = ", ".join(dict.fromkeys(finding.code for finding in self.findings))
        return f"<DiagnoseResult: {_plural(len(self.errors), 'error')}{f', {codes}' if codes else ''}>"


def diagnose(
    error: str | BaseException | None = None, *, image_data_format: str | None = None, filename: str = "<text>"
) -> DiagnoseResult:
    """Explain the errors of a text, or an exception.

    Args:
        error: a traceback, a log, a forum post; an exception; the last one that was shown where not given.
        image_data_format: as configured, else as in ``keras.json``, where not given.
        filename: stands for the place where an error of the text names none.

    Raises:
        TypeError: it is neither, or there was no exception yet.
    """
    from convlint.traceback.reading import read_log

    if error is None:
        error = getattr(sys, "last_value", None)
        if error is None:
            raise TypeError("convlint.diagnose takes a text or an exception; there was no exception yet")
    if isinstance(error, BaseException):
        lines = "".join(traceback.format_exception(type(error), error, error.__traceback__)).splitlines()
    elif isinstance(error, str):
        lines = error.splitlines()
    else:
        raise TypeError(f"convlint.diagnose takes a text or an exception, not {type(error).__name__}")
    return DiagnoseResult(api.diagnose(read_log(lines), _configured(image_data_format), filename))


# --- compare -------------------------------------------------------------------------------------


@dataclass(frozen=True, repr=False)
class CompareResult(Printed):
    """Whether two implementations are the same function.

    Attributes:
        verdict: ``equal``, ``rounding``, ``different`` or ``failed``.
        comparison: all that is known; see :class:`convlint.runtime.reports.Comparison`.
        names: of the two.
    """

    comparison: Comparison
    names: tuple[str, str]

    @property
    def verdict(self) -> str:
        return self.comparison.verdict

    @property
    def same(self) -> bool:
        """Whether they are, up to rounding."""
        return self.verdict in ("equal", "rounding")

    @property
    def cause(self) -> str | None:
        """Why they differ, where that is known: ``flipped-kernel``, ``padding``, ``layout`` …"""
        return self.comparison.cause

    @property
    def max_abs(self) -> float | None:
        """The largest difference between two outputs."""
        return self.comparison.max_abs

    def write(self, out: TextIO, view: View) -> None:
        from convlint.report import comparison

        comparison.write_text(self.comparison, self.names, out, view)

    def as_json(self) -> dict[str, Any]:
        """What ``convlint compare --output-format json`` prints."""
        from convlint.report import comparison

        out = io.StringIO()
        comparison.write_json(self.comparison, self.names, out, View())
        value: dict[str, Any] = json.loads(out.getvalue())
        return value

    def __bool__(self) -> bool:
        return self.same

    def __repr__(self) -> str:
        return f"<CompareResult: {self.verdict}{f', {self.cause}' if self.cause else ''}>"


def compare(
    a: object,
    b: object,
    *,
    input: Inputs | None = None,
    args: Mapping[str, object] | None = None,
    image_data_format: str | None = None,
    time_limit: float | None = None,
    memory_limit: int | None = None,
) -> CompareResult:
    """Run two implementations on the same values, in a process of their own.

    Args:
        a: ``"a.py:f"``, or a function or class that is in a file.
        b: the other one.
        input: shapes of one sample.
        args: arguments for both.
        image_data_format: as configured, else as in ``keras.json``, where not given.
        time_limit: seconds that a build may take; as configured, else 60.
        memory_limit: bytes that a build may take; as configured, else 4 GB.

    Raises:
        convlint.runtime.targets.TargetError: there is no such file, or a target can't be understood.
        convlint.runtime.client.RuntimeUnavailable: Keras can't be imported.
        TypeError: a target is in no file.
    """
    first, second = (_compared(one, input, args) for one in (a, b))
    settings = _configured(image_data_format, time_limit, memory_limit)
    found = api.compare(first, replace(second, inputs=()), settings)
    return CompareResult(found, (str(first), str(second)))


def _compared(target: object, input: Inputs | None, args: Mapping[str, object] | None) -> BuildTarget:
    if isinstance(target, str | os.PathLike):
        return _target(os.fspath(target), input, args)
    home = live.home_of(target) if callable(target) else None
    if home is None:
        name = getattr(target, "__name__", type(target).__name__)
        raise TypeError(f"{name} is in no file, so that no other process can run it; give it as 'model.py:name'")
    return replace(_target(home[0], input, args), builder=home[1])


__all__ = [
    "CheckResult", "CompareResult", "DiagnoseResult", "InspectResult", "check", "compare", "diagnose", "inspect",
]  # fmt: skip
