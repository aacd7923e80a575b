"""Frames: one step of a traceback, in every form that Python, IPython and translated copies print it."""

from __future__ import annotations

import re

from convlint.lazy import dataclass

_PATH = r"<ipython-input-[^>]*>|[~./][^\s\]:]*\.pyx?|[A-Za-z]:\\[^\]:]*\.pyx?"
_PYTHON = re.compile(r'^\s*(?:[|+]\s+)?File "(?P<file>[^"]*)", line (?P<line>\d+)(?:, in (?P<rest>.*))?\s*$')
_CHINESE = re.compile(
    r'^\s*(?:[\w<>.]{1,60} 中的)?文件\s?"(?P<file>[^"]*)",?\s*第\s?(?P<line>\d+)\s?行,?\s*(?:在|调用)?\s*(?P<rest>.*)$'
)
"""A copy that a forum translated: file, line, and the code on the same line."""
_JOINED = re.compile(r"^(?P<function>[A-Za-z_][\w.]*) (?=\S)(?!=)(?P<source>.*)$")
_IPYTHON = (
    # <ipython-input-5-0a1b> in build(x)          /usr/lib/python3/site.py in call(self)
    re.compile(rf"^\[?(?P<file>{_PATH})(?:\]\([^)\s]*\))? in (?P<rest>\S.*)$"),
    # Cell In[5], line 3, in build(x)             Input In [5], in <cell line: 3>()
    re.compile(r"^(?P<file>(?:Cell|Input) In ?\[\d+\])(?:, line (?P<line>\d+))?(?:, in (?P<rest>.*))?$"),
    # File ~/model.py:12, in build(x)
    re.compile(r"^File (?P<file>\S[^\n]*?\.pyx?|<[^>]*>|[^\s:]+):(?P<line>\d+)(?:, in (?P<rest>.*))?$"),
)
_AUTOGRAPH = re.compile(rf"^\s+(?P<file>{_PATH}):(?P<line>\d+) (?P<rest>[\w<>]+)\b.*$")
"""``    /usr/lib/x.py:12 call  *``: TensorFlow 2.0 to 2.5, below "in user code:"."""
_ARROW = re.compile(r"^-+> ?(?P<line>\d+) ?(?P<source>.*)$")
_FUNCTION = re.compile(r"^[\w.<>]+")
_FRAMEWORK = re.compile(
    r"(?:site|dist)-packages"
    r"|[/\\]lib(?:64)?[/\\]python\d"
    r"|[/\\](?:anaconda|miniconda|envs|python)[^/\\]*[/\\](?:[^/\\]+[/\\])?lib[/\\]"
    r"|[/\\](?:tensorflow|tf_keras|tensorflow_core)[/\\](?:python|src)[/\\]"
    r"|[/\\]keras[/\\](?:src|engine|layers|backend|utils|legacy)[/\\]"
    r"|^<(?:frozen|__array_function__|decorator|string)\b"
    r"|\.pyx$|__autograph_generated_file|[/\\]ipykernel_launcher\.py|^[A-Z]:.*\\Lib\\",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Frame:
    """One step of a traceback.

    Attributes:
        file: as printed; ``Cell In[5]`` or ``<ipython-input-5-0a1b>`` in a notebook.
        line: 1-based; 0 where the text does not say it.
        function: empty where the text does not say it.
        source: the line of code, as far as it is printed.
    """

    file: str
    line: int
    function: str = ""
    source: str = ""

    @property
    def is_framework(self) -> bool:
        """Whether the file belongs to Keras, TensorFlow, Python or another installed package."""
        return _FRAMEWORK.search(self.file) is not None


def read_frame(text: str) -> Frame | None:
    """The frame that a clean line opens, None where it opens none."""
    found = _PYTHON.match(text) or _CHINESE.match(text)
    if found is None:
        found = _AUTOGRAPH.match(text) or next(filter(None, (form.match(text) for form in _IPYTHON)), None)
    if found is None:
        return None
    groups = found.groupdict()
    rest = (groups.get("rest") or "").strip()
    if found.re is _CHINESE:
        joined = _JOINED.match(rest)
        function, source = (joined["function"], joined["source"]) if joined else ("", rest)
    else:
        name = _FUNCTION.match(rest)
        function, source = name.group() if name else "", ""
    return Frame(groups["file"], int(groups.get("line") or 0), function, source)


def read_arrow(text: str) -> tuple[int, str] | None:
    """Line and source of ``---> 12 x = f(y)``, None for another line."""
    found = _ARROW.match(text)
    return None if found is None else (int(found["line"]), found["source"].strip())
