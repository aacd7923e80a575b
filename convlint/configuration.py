"""Configuration: which files hold it, what they and the command line say together, and where each value comes from.

A file's own configuration is the nearest ``.convlint.toml``, ``convlint.toml`` or ``pyproject.toml`` with a
``[tool.convlint]`` table, in its folder or above; nearer files replace farther ones unless they ``extend`` them.
Where there is none, the user's own (:func:`user_file`) holds.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import field, replace
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convlint.keras_target import Detector, KerasTarget
from convlint.lazy import dataclass
from convlint.options import (
    BY_KEY,
    EXCLUDE,
    INCLUDE,
    OPTIONS,
    PATTERNS,
    RULES,
    RULES_BY_PATTERN,
    Option,
    WrongValue,
    size_of,
)
from convlint.patterns import NamePatterns, Patterns
from convlint.rules.selection import Selection
from convlint.settings import FixMode, ImageDataFormat, Settings, SettingsError, image_data_format, keras_generation
from convlint.toml import loads

if TYPE_CHECKING:
    from convlint.rules.registry import UnknownRule

NAMES = (".convlint.toml", "convlint.toml", "pyproject.toml")
"""Files that hold configuration; the first of a folder counts."""
_SHARED = "pyproject.toml"


def user_file(environment: Mapping[str, str] | None = None, windows: bool = os.name == "nt") -> str:
    """The configuration of the user, which holds where a project has none.

    ``convlint/convlint.toml`` in ``$XDG_CONFIG_HOME`` or ``~/.config``, on Windows in ``%APPDATA%``.
    """
    environment = os.environ if environment is None else environment
    named = environment.get("APPDATA" if windows else "XDG_CONFIG_HOME", "")
    folder = named if os.path.isabs(named) else os.path.join(os.path.expanduser("~"), ".config")
    return os.path.join(folder, "convlint", "convlint.toml")


class ConfigurationError(SettingsError):
    """A configuration file that can't be used; the text is ``file:line: what is wrong``, a line for each fault."""


@dataclass(eq=False)
class Source:
    """Where values come from.

    Attributes:
        name: the file as messages print it; empty for the command line.
        folder: absolute; what relative patterns and paths are relative to.
        text: TOML.
        prefix: tables in which the options stand.
    """

    name: str
    folder: str
    text: str = ""
    prefix: tuple[str, ...] = ()
    _lines: dict[tuple[str, ...], int] = field(default_factory=dict)

    def origin(self, key: str) -> str:
        """Where an option is set: a file and line, or the spelling on the command line."""
        if self.name:
            return f"{self.name}:{self.line(key)}"
        return BY_KEY[key].flag if not self.text else f"--config {key}"

    def line(self, *keys: str, word: str = "") -> int:
        """The line on which an option is set, or on which one of its words stands."""
        path = (*self.prefix, *keys)
        if path not in self._lines:
            self._lines[path] = _line_of(self.text, path)
        first = self._lines[path]
        if word:
            rows = self.text.split("\n")
            return next((number for number in range(first, len(rows) + 1) if word in rows[number - 1]), first)
        return first


def _line_of(text: str, path: tuple[str, ...]) -> int:
    """The line on which TOML sets a value: the first one that makes it appear. 1 where it never does."""
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        if path[-1] not in line.replace('\\"', '"') or _has(lines[: number - 1], path):
            continue
        if any(_has(lines[:end], path) for end in range(number, len(lines) + 1)):
            return number
    return 1


def _has(lines: Sequence[str], path: tuple[str, ...]) -> bool:
    try:
        value: Any = loads("\n".join(lines))
    except ValueError:
        return False
    for key in path:
        if not isinstance(value, dict) or key not in value:
            return False
        value = value[key]
    return True


@dataclass(frozen=True, eq=False)
class Layer:
    """The options that one source sets, checked.

    Attributes:
        source: where they stand.
        values: normalised, by key.
    """

    source: Source
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """The value that an option has in the end.

    Attributes:
        key: the option.
        value: as JSON holds it; None where the option is not set and has no value of its own.
        default: what holds where it is not set, in words.
        origin: who gave it.
    """

    key: str
    value: Any
    default: str
    origin: str


@dataclass(frozen=True)
class Described:
    """What holds for a file or folder, for people who ask.

    Attributes:
        name: of the file or folder.
        configuration_file: the nearest, None where there is none.
        rows: every option.
        rules: codes of the rules that report.
    """

    name: str
    configuration_file: str | None
    rows: tuple[Row, ...]
    rules: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Configuration:
    """What holds in one folder.

    Attributes:
        layers: what each source says, the weakest first.
    """

    layers: tuple[Layer, ...] = ()

    def layer_of(self, key: str) -> Layer | None:
        """The strongest source that sets an option."""
        return next((layer for layer in reversed(self.layers) if key in layer.values), None)

    def get(self, key: str, default: Any = None) -> Any:
        """The value of the strongest source that sets an option."""
        layer = self.layer_of(key)
        return default if layer is None else layer.values[key]

    def file(self) -> Source | None:
        """The configuration file nearest to the folder."""
        return next((layer.source for layer in reversed(self.layers) if layer.source.name), None)

    @cached_property
    def selections(self) -> tuple[Selection, ...]:
        """What each source says about rules."""
        said = (
            Selection(
                layer.values.get("select"),
                layer.values.get("ignore", ()),
                layer.values.get("extend-select", ()),
                layer.values.get("extend-ignore", ()),
            )
            for layer in self.layers
        )
        return tuple(selection for selection in said if selection)

    @cached_property
    def _silencing(self) -> tuple[tuple[Patterns, bool, tuple[str, ...]], ...]:
        """Patterns of ``per-file-ignores``, whether they choose the files that they don't fit, and the rules."""
        replacing = self.layer_of("per-file-ignores")
        tables = [] if replacing is None else [(replacing, "per-file-ignores")]
        tables += [(layer, "extend-per-file-ignores") for layer in self.layers]
        return tuple(
            (Patterns(layer.source.folder, [pattern.removeprefix("!")]), pattern.startswith("!"), words)
            for layer, key in tables
            for pattern, words in layer.values.get(key, {}).items()
        )

    def silenced(self, real: str) -> tuple[str, ...]:
        """Words for the rules that don't report in a file."""
        return tuple(
            word
            for patterns, inverted, words in self._silencing
            if patterns.match(real) is not inverted
            for word in words
        )

    @cached_property
    def include(self) -> Patterns:
        """Files that a search takes."""
        return self._patterns("include", INCLUDE)

    @cached_property
    def exclude(self) -> tuple[Patterns, ...]:
        """Files and folders that a search leaves out."""
        more = [
            Patterns(layer.source.folder, layer.values["extend-exclude"])
            for layer in self.layers
            if "extend-exclude" in layer.values
        ]
        return (self._patterns("exclude", EXCLUDE), *more)

    def _patterns(self, key: str, default: tuple[str, ...]) -> Patterns:
        layer = self.layer_of(key)
        # The defaults hold in every folder; what a file says holds below its own.
        return NamePatterns(default) if layer is None else Patterns(layer.source.folder, layer.values[key])

    def row(self, option: Option) -> Row:
        """The value of an option, with its origin."""
        said = [layer for layer in self.layers if option.key in layer.values]
        said = said if option.adds else said[-1:]
        if said:
            value = (
                _joined([layer.values[option.key] for layer in said]) if option.adds else said[-1].values[option.key]
            )
            origin = ", ".join(layer.source.origin(option.key) for layer in said)
            return Row(option.key, _as_json(value), option.default, origin)
        try:
            value = json.loads(option.default)
        except ValueError:
            value = None
        return Row(option.key, value, option.default, "default")


def _as_json(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _joined(values: Sequence[Any]) -> Any:
    if isinstance(values[0], dict):
        table: dict[str, tuple[str, ...]] = {}
        for value in values:
            for pattern, words in value.items():
                table[pattern] = (*table.get(pattern, ()), *words)
        return table
    return tuple(word for value in values for word in value)


class Configurations:
    """The configuration of every file of a run.

    Args:
        flags: options of the command line by key, normalised by nobody yet; the strongest.
        config: each either a file, which is used instead of those that would be found, or ``key = value``.
        isolated: whether configuration files are left alone.
        base: what no file decides: whether fixes are shown, whether findings carry them.
        here: the folder that convlint runs in; the current one where not given.

    Raises:
        SettingsError: an option can't be understood.
        ConfigurationError: a file can't be used; raised as late as its folder is asked for.
    """

    def __init__(
        self,
        flags: Mapping[str, Any] | None = None,
        *,
        config: Sequence[str] = (),
        isolated: bool = False,
        base: Settings = Settings(),  # noqa: B008  # frozen
        here: str | os.PathLike[str] | None = None,
    ) -> None:
        self.here = os.path.realpath(here if here is not None else os.curdir)
        self._isolated = isolated
        self.base = base
        self._of_folder: dict[str, Configuration] = {}
        self._places: dict[str, tuple[Configuration, str, KerasTarget]] = {}
        self._layers_of: dict[str, tuple[Layer, ...]] = {}
        self._made_of: dict[int, Configuration] = {}
        self._settings: dict[tuple[int, tuple[str, ...], str], Settings] = {}
        self._detector = Detector()
        self._fixed: tuple[Layer, ...] | None = None
        inline: list[Layer] = []
        for text in config:
            if self._is_file(text):
                if isolated:
                    raise SettingsError(f"--config {text} names a file, and --isolated wants none")
                if self._fixed is not None:
                    raise SettingsError(f"--config {text}: a run has one configuration file")
                self._fixed = self._chain(os.path.abspath(text), folder=self.here)
            else:
                inline.append(self._inline(text))
        strongest = Source("", self.here)
        self._above = (*inline, Layer(strongest, _checked(strongest, dict(flags or {}))))

    @cached_property
    def run(self) -> Configuration:
        """What holds for the run as a whole: the configuration of the folder that convlint runs in."""
        return self.for_folder(self.here)

    def for_folder(self, folder: str) -> Configuration:
        """What holds for files of a folder. Raises ConfigurationError."""
        folder = os.path.abspath(folder)
        found = self._of_folder.get(folder)
        if found is None:
            below = self._fixed if self._fixed is not None else () if self._isolated else self._nearest(folder)
            found = self._made_of.setdefault(id(below), Configuration((*below, *self._above)))
            self._of_folder[folder] = found
        return found

    def for_file(self, file: str) -> Settings:
        """The settings that hold for one file. Raises ConfigurationError."""
        folder, name = os.path.split(file)
        place = self._places.get(folder)
        if place is None:
            place = self._places[folder] = (self.for_folder(folder), os.path.realpath(folder), self.target(folder))
        configuration, real, target = place
        silenced = configuration.silenced(os.path.join(real, name))
        key = (id(configuration), silenced, f"{target.generation}{target.origin}")
        found = self._settings.get(key)
        if found is None:
            found = self._settings[key] = self._made(configuration, silenced, target)
        return found

    def for_run(self) -> Settings:
        """The settings of the run as a whole."""
        return self._made(self.run, (), self.target(self.here))

    def target(self, folder: str) -> KerasTarget:
        """The generation of Keras that the files of a folder run on, and who says so."""
        layer = self.for_folder(folder).layer_of("keras")
        if layer is not None:
            return KerasTarget(layer.values["keras"], layer.source.origin("keras"), is_default=False)
        if keras_generation() == 2:
            return KerasTarget(2, "TF_USE_LEGACY_KERAS", is_default=False)
        return self._detector.detect(folder)

    def without(self, *keys: str) -> Configurations:
        """The same configuration, as if nobody had set some options of the run."""
        other = copy(self)
        layers = tuple(
            Layer(layer.source, {key: value for key, value in layer.values.items() if key not in keys})
            for layer in self.run.layers
        )
        other.__dict__["run"] = Configuration(layers)
        other._settings = {}
        return other

    @property
    def baseline(self) -> str:
        """The baseline of the run; empty for none."""
        layer = self.run.layer_of("baseline")
        if layer is None:
            return ""
        file = os.path.join(layer.source.folder, os.path.expanduser(layer.values["baseline"]))
        return self._shown(os.path.normpath(file))

    @cached_property
    def image_data_format(self) -> tuple[ImageDataFormat, str | None]:
        """The layout where no configuration names one, and a warning where ``keras.json`` can't be used."""
        return image_data_format()

    def layout(self, configuration: Configuration) -> ImageDataFormat:
        """Keras' default layout where a configuration holds."""
        layer = configuration.layer_of("image-data-format")
        if layer is None:
            return self.image_data_format[0]
        value = layer.values["image-data-format"]
        return ImageDataFormat(value, layer.source.origin("image-data-format"), is_default=False)

    def _made(self, configuration: Configuration, silenced: tuple[str, ...], target: KerasTarget) -> Settings:
        of_run = self.run
        base = self.base
        fix = FixMode.NONE
        if of_run.get("fix", False):
            fix = FixMode.UNSAFE if of_run.get("unsafe-fixes", False) else FixMode.SAFE
        return replace(
            base,
            below=configuration.selections,
            silenced=silenced,
            profile=configuration.get("profile", ""),
            image_data_format=self.layout(configuration),
            keras=target.generation,
            keras_origin="" if target.is_default else target.origin,
            keras_is_set=configuration.layer_of("keras") is not None,
            fix=fix,
            build=of_run.get("build", base.build),
            baseline=self.baseline,
            time_limit=of_run.get("time-limit", base.time_limit),
            memory_limit=size_of(of_run.get("memory-limit", base.memory_limit)),
            jobs=0 if (jobs := of_run.get("jobs", base.jobs)) == "auto" else jobs,
            cache_folder=of_run.get("cache-dir", base.cache_folder) if of_run.get("cache", True) else "",
        )

    def describe(self, file: str | None = None) -> Described:
        """What holds for a file or folder, the current one where none is given. Raises ConfigurationError."""
        from convlint.analysis import Analyser
        from convlint.rules.registry import load

        file = os.curdir if file is None else file
        folder = file if os.path.isdir(file) else os.path.dirname(os.path.abspath(file))
        configuration, target = self.for_folder(folder), self.target(folder)
        layout = self.layout(configuration)
        computed = {
            "keras": (target.generation, target.origin),
            "image-data-format": (layout.value, layout.origin),
        }
        rows: list[Row] = []
        for option in OPTIONS:
            row = (self.run if option.scope == "run" else configuration).row(option)
            if option.key in computed:
                value, origin = computed[option.key]
                row = replace(row, value=value, origin=origin)
            if option.key != "extend":
                rows.append(row)
        settings = self.for_file(file) if not os.path.isdir(file) else self.for_file(os.path.join(file, "any"))
        registry = load()
        rules = Analyser(settings, registry).reporting
        source = configuration.file()
        return Described(file, None if source is None else source.name, tuple(rows), tuple(sorted(rules)))

    # --- files ----------------------------------------------------------------------------------

    def _nearest(self, folder: str) -> tuple[Layer, ...]:
        """The configuration file of a folder, or of the nearest one above, below what it extends."""
        if folder not in self._layers_of:
            found: tuple[Layer, ...] | None = None
            for name in NAMES:
                file = os.path.join(folder, name)
                if os.path.isfile(file):
                    found = self._chain(file, optional=name == _SHARED)
                    if found is not None:
                        break
            if found is None:
                parent = os.path.dirname(folder)
                found = self._of_user if parent == folder else self._nearest(parent)
            self._layers_of[folder] = found
        return self._layers_of[folder]

    @cached_property
    def _of_user(self) -> tuple[Layer, ...]:
        """The configuration of the user; what it says of files is relative to the folder that convlint runs in."""
        file = user_file()
        return (self._chain(file, folder=self.here) or ()) if os.path.isfile(file) else ()

    def _chain(
        self, file: str, *, optional: bool = False, folder: str | None = None, seen: tuple[str, ...] = ()
    ) -> tuple[Layer, ...] | None:
        """A file and what it extends, the weakest first; None for a shared file that says nothing of convlint."""
        shown = self._shown(file)
        if os.path.realpath(file) in seen:
            raise ConfigurationError(f"{shown}:1: `extend` leads back to this file")
        try:
            text = Path(file).read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else f"it is not valid UTF-8: {error}"
            if optional and isinstance(error, OSError):
                return None
            raise ConfigurationError(f"{shown}:1: it can't be read ({reason})") from None
        if optional and "convlint" not in text:
            return None
        shared = os.path.basename(file) == _SHARED
        source = Source(
            shown, folder or os.path.dirname(os.path.realpath(file)), text, ("tool", "convlint") if shared else ()
        )
        table = _table(source)
        if table is None:
            if optional:
                return None
            table = {}
        layer = Layer(source, _checked(source, table))
        base = layer.values.get("extend")
        if base is None:
            return (layer,)
        base = os.path.normpath(os.path.join(os.path.dirname(file), os.path.expanduser(base)))
        if not os.path.isfile(base):
            raise ConfigurationError(f"{source.origin('extend')}: `extend` names {self._shown(base)}, which is no file")
        below = self._chain(base, seen=(*seen, os.path.realpath(file)))
        return (*(below or ()), layer)

    def _shown(self, file: str) -> str:
        relative = os.path.relpath(file, self.here)
        return file if relative.startswith(f"..{os.sep}..{os.sep}..") else relative

    def _is_file(self, text: str) -> bool:
        if "=" not in text:
            if not os.path.isfile(text):
                raise SettingsError(f"--config {text}: neither a file nor `key = value`")
            return True
        return os.path.isfile(text)

    def _inline(self, text: str) -> Layer:
        """``key = value`` of the command line; a value that is a bare word may go without quotes."""
        source = Source("", self.here, text)
        try:
            table = loads(text)
        except ValueError as error:
            key, _, value = text.partition("=")
            if not value.strip() or any(letter in value for letter in "\"'[]{}\n,"):
                raise SettingsError(f"--config {text}: {_reason(error)[1]}") from None
            table = {key.strip(): value.strip()}
        try:
            return Layer(source, _checked(source, table))
        except ConfigurationError as error:
            raise SettingsError(f"--config: {error}") from None


def _table(source: Source) -> dict[str, Any] | None:
    """The table in which a file's options stand; None where there is none."""
    try:
        value: Any = loads(source.text)
    except ValueError as error:
        line, reason = _reason(error)
        raise ConfigurationError(f"{source.name}:{line}: {reason}") from None
    for index, key in enumerate(source.prefix):
        value = value.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            path = ".".join(source.prefix[: index + 1])
            line = _line_of(source.text, source.prefix[: index + 1])
            raise ConfigurationError(f"{source.name}:{line}: `{path}` wants a table")
    return value  # type: ignore[no-any-return]


def _reason(error: ValueError) -> tuple[int, str]:
    """Line and words of what the TOML reader says: ``Invalid value (at line 3, column 8)``."""
    text = str(error)
    found = re.search(r"\s*\(at (?:line (\d+), column \d+|end of document)\)", text)
    if found is None:
        return 1, f"this is no TOML: {text}"
    return int(found[1] or 1), f"this is no TOML: {text[: found.start()]}"


def _checked(source: Source, table: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a table, normalised.

    Raises:
        ConfigurationError: keys or values that nobody knows, each with its line and the nearest right word.
    """
    values: dict[str, Any] = {}
    faults: list[tuple[int, str]] = []

    def fault(text: str, *keys: str, word: str = "") -> None:
        line = source.line(*keys, word=word) if source.name else 0
        faults.append((line, f"{source.name}:{line}: {text}" if source.name else text))

    for key, value in table.items():
        option = BY_KEY.get(key)
        if option is None:
            fault(f"there is no option `{key}`{_meant(key, value)}", key)
            continue
        spelled = f"`{key}`" if source.text else option.flag
        try:
            values[key] = option.kind.read(value)
        except WrongValue as error:
            fault(f"{spelled} {error}", key)
            continue
        for word in _rules_in(option, values[key]):
            unknown = _unknown_rule(word)
            if unknown is not None and source.text:
                hint = f"; did you mean {unknown.suggestion}?" if unknown.suggestion else ""
                fault(f"{spelled} names {word}, which no rule has{hint}", key, word=word)
            elif unknown is not None:
                fault(f"{spelled}: {unknown}", key)
        for reason in _bad_patterns(option, values[key]):
            fault(f"{spelled} {reason}", key)
    if faults:
        raise ConfigurationError("\n".join(text for _, text in sorted(faults)))
    return values


def _meant(key: str, value: Any) -> str:
    """What somebody wanted who wrote a key that no option has."""
    inner = value
    while isinstance(inner, dict) and not inner.keys() & BY_KEY.keys() and len(inner) == 1:
        (inner,) = inner.values()
    if isinstance(inner, dict) and inner.keys() & BY_KEY.keys():
        known = next(one for one in inner if one in BY_KEY)
        return f": no option stands in a table of that name; write `{known}` by itself"
    near = nearest_option(key)
    return f"; did you mean `{near}`?" if near else ""


def nearest_option(word: str) -> str:
    """The option most like a word; empty where none is."""
    return next(iter(get_close_matches(word.replace("_", "-").lower(), BY_KEY, n=1, cutoff=0.6)), "")


def _rules_in(option: Option, value: Any) -> Iterable[str]:
    if option.kind is RULES:
        return value  # type: ignore[no-any-return]
    if option.kind is RULES_BY_PATTERN:
        return [word for words in value.values() for word in words]
    return ()


def _unknown_rule(word: str) -> UnknownRule | None:
    from convlint.rules.registry import UnknownRule, load

    try:
        load().select([word])
    except UnknownRule as error:
        return error
    return None


def _bad_patterns(option: Option, value: Any) -> Iterator[str]:
    patterns = value if option.kind is PATTERNS or option.kind is RULES_BY_PATTERN else ()
    for pattern in patterns:
        try:
            Patterns(os.sep, [pattern]).check()
        except ValueError as error:
            yield f'holds "{pattern}", which is no pattern: {error}'
