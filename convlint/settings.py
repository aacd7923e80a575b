"""What a run is asked to do: read once, checked once, frozen."""

from __future__ import annotations

import json
import os
from dataclasses import field, replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from convlint.findings import SetupError
from convlint.keras_target import only_tf_keras
from convlint.lazy import dataclass
from convlint.rules.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convlint.rules.registry import Registry

CACHE_FOLDER = ".convlint_cache"
LAYOUTS = ("channels_last", "channels_first")


class FixMode(Enum):
    """Which fixes a run applies."""

    NONE = "none"
    SAFE = "safe"
    UNSAFE = "unsafe"
    """Safe ones and those that change what the program does."""


@dataclass(frozen=True)
class ImageDataFormat:
    """Keras' default layout for this run, and who chose it."""

    value: str = "channels_last"
    origin: str = "Keras' own default"
    is_default: bool = True
    """Whether nobody chose it."""


@dataclass(frozen=True)
class Settings:
    """What holds for a file, and for the run that looks at it.

    Attributes:
        select: codes, beginnings of codes or names of the rules that report; empty for what is on by default.
        profile: name of the profile that turns on rules which are off by default; empty for none.
        ignore: rules that don't report, in the same words; the more precise word wins.
        extend_select: rules that report besides those that ``select`` or weaker sources choose.
        below: what weaker sources say about rules, the weakest first.
        silenced: rules that don't report in this file, whatever else is said.
        fix: which fixes are applied.
        diff: show what ``fix`` would change instead of changing it.
        explain: whether findings tell the whole path of each shape.
        offer_fixes: whether findings carry verified fixes; needs another analysis for each.
        build: also build with the installed Keras.
        baseline: file of known findings; empty for none.
        image_data_format: the layout before a program changes it.
        keras: generation of Keras that programs run on, 2 or 3.
        keras_origin: who said so; empty where nobody did.
        keras_is_set: whether it was the user.
        callers_known: whether the files that may call the functions of a file are part of the run.
        time_limit: wall seconds for one build.
        memory_limit: bytes that one build may allocate.
        jobs: processes that check files; 0 for as many as pay off.
        cache_folder: where results are kept for the next run; empty for nowhere.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    below: tuple[Selection, ...] = ()
    silenced: tuple[str, ...] = ()
    profile: str = ""
    fix: FixMode = FixMode.NONE
    diff: bool = False
    explain: bool = False
    offer_fixes: bool = True
    build: bool = False
    baseline: str = ""
    image_data_format: ImageDataFormat = field(default_factory=ImageDataFormat)
    keras: int = 3
    keras_origin: str = ""
    keras_is_set: bool = False
    callers_known: bool = False
    time_limit: float = 60.0
    memory_limit: int = 4 << 30
    # How a run is done has no say in what it finds: the cache goes by what repr() shows.
    jobs: int = field(default=1, repr=False, compare=False)
    cache_folder: str = field(default="", repr=False, compare=False)

    @property
    def names_rules(self) -> bool:
        """Whether somebody named a rule, which may be a slip that is to be told before anything is checked."""
        return bool(self.silenced) or any(self.selections)

    @property
    def selections(self) -> tuple[Selection, ...]:
        """What every source says about rules, the weakest first."""
        return (*self.below, Selection(self.select or None, self.ignore, self.extend_select))


def reporting(registry: Registry, settings: Settings) -> frozenset[str]:
    """Codes of the rules that report under these settings.

    Raises:
        convlint.rules.registry.UnknownRule: ``select`` or ``ignore`` name no rule.
    """
    from convlint.problems import SyntaxFault, UnreadableFile

    silenced = {page.code for page in registry.select(settings.silenced)}
    ignored = registry.select(word for one in settings.selections for word in (*one.ignore, *one.extend_ignore))
    # A file that was not read must not look like a clean one because somebody selected other rules.
    unread = {registry.judge_of(problem).code for problem in (SyntaxFault, UnreadableFile)}
    unread -= {page.code for page in ignored}
    return (registry.reporting(settings.selections, settings.profile) | unread) - silenced


def for_program(settings: Settings, data: bytes) -> Settings:
    """The settings for a program that may itself say which generation of Keras it runs on."""
    if settings.keras_is_set or settings.keras < 3 or not only_tf_keras(data):
        return settings
    return replace(settings, keras=2, keras_origin="it imports tf_keras")


class SettingsError(SetupError):
    """An option that can't be understood; the text names it and the nearest right one."""


def image_data_format(
    option: str | None = None, environment: Mapping[str, str] | None = None
) -> tuple[ImageDataFormat, str | None]:
    """The layout that Keras starts with here.

    Args:
        option: what the user asked for; comes before everything else.
        environment: ``os.environ`` where not given.

    Returns:
        The layout, and a warning where ``keras.json`` can't be used. The file is only read,
        while Keras itself creates it.

    Raises:
        SettingsError: ``option`` is no layout.

    Source: ``keras/src/backend/config.py``: ``$KERAS_HOME/keras.json``, else ``~/.keras/keras.json``.
    """
    if option is not None:
        if option not in LAYOUTS:
            raise SettingsError(f"--image-data-format {option}: the layouts are {' and '.join(LAYOUTS)}")
        return ImageDataFormat(option, "--image-data-format", is_default=False), None
    environment = os.environ if environment is None else environment
    home = environment.get("KERAS_HOME")
    shown = "$KERAS_HOME/keras.json" if home else "~/.keras/keras.json"
    file = Path(home if home else os.path.expanduser("~/.keras")) / "keras.json"
    try:
        content = json.loads(file.read_bytes())
    except FileNotFoundError:
        return ImageDataFormat(), None
    except (OSError, ValueError, RecursionError) as error:
        return ImageDataFormat(), f"{shown} can't be read ({_reason(error)}); channels_last is assumed"
    if not isinstance(content, dict):
        return ImageDataFormat(), f"{shown} holds no JSON object; channels_last is assumed"
    value = content.get("image_data_format")
    if value is None:
        return ImageDataFormat(), None
    if value not in LAYOUTS:
        text = f"{shown}: image_data_format is {json.dumps(value)}; Keras knows {' and '.join(LAYOUTS)}"
        return ImageDataFormat(), f"{text}; channels_last is assumed"
    # Keras writes this file itself: its own default in there is nobody's choice.
    return ImageDataFormat(value, shown, is_default=value == "channels_last"), None


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return f"no valid JSON: {error}"


def keras_generation(environment: Mapping[str, str] | None = None) -> int:
    """2 where ``TF_USE_LEGACY_KERAS`` asks ``tf.keras`` for the legacy package, else 3.

    Source: ``tensorflow/python/util/lazy_loader.py``, which accepts ``1``, ``true`` and ``True``.
    """
    environment = os.environ if environment is None else environment
    return 2 if environment.get("TF_USE_LEGACY_KERAS") in ("1", "true", "True") else 3
