"""Ends of a process that raise no exception: signals and failed checks of C++ code."""

from __future__ import annotations

import re

_SHELL = r"^(?:\S{1,200}: line \d+:\s+|(?:zsh|bash|sh): )?(?:\[\d+\]\s+)?(?:\d+ )?\s*"
"""``train.sh: line 3: 4711`` in front of the shell's word for how a process ended."""
_ENDINGS = (
    ("SIGKILL", re.compile(rf"{_SHELL}[Kk]illed\b(?! by)(?:\s|:|$)")),
    ("SIGSEGV", re.compile(rf"{_SHELL}(?:Fatal Python error: )?[Ss]egmentation fault\b")),
    ("SIGABRT", re.compile(rf"{_SHELL}(?:Fatal Python error: )?Aborted(?: \(core dumped\))?(?:\s+(?!by\b)\S.*)?$")),
    ("CheckFailed", re.compile(r"(?:\bF |^F\d{4} ).{0,200}Check failed: |^terminate called after throwing")),
    ("SIGKILL", re.compile(r"\bexit(?:ed with)? code:? 137\b|OOMKilled")),
    ("SIGSEGV", re.compile(r"\bexit(?:ed with)? code:? (?:139|-1073741819)\b")),
    ("SIGABRT", re.compile(r"\bexit(?:ed with)? code:? 134\b")),
)
_WORDS = ("illed", "fault", "Aborted", "Check failed", "terminate called", "exit", "Fatal Python")
EXPLANATIONS = {
    "SIGKILL": (
        "the system ended the process without asking it, nearly always because memory ran out",
        "Use a smaller batch, load the data in parts (`tf.data`, a generator), or look with `dmesg` or `journalctl -k` "
        "whether the kernel's out-of-memory killer did it.",
    ),
    "SIGSEGV": (
        "compiled code touched memory that is not its own",
        "Set PYTHONFAULTHANDLER=1 to see the Python line. Mixed versions of NumPy, TensorFlow and CUDA are the usual "
        "reason, a tensor without its batch axis given to a `tf.nn` function another.",
    ),
    "SIGABRT": (
        "compiled code stopped the process because a check of its own failed",
        "The line above it that holds `Check failed` says which. Set PYTHONFAULTHANDLER=1 to see the Python line.",
    ),
    "CheckFailed": (
        "a check in TensorFlow's compiled code failed and stopped the process",
        "Set PYTHONFAULTHANDLER=1 to see the Python line. A tensor without its batch axis given to a `tf.nn` function "
        "does this on CPUs with oneDNN (TF_ENABLE_ONEDNN_OPTS=0 turns that into an exception).",
    ),
    "SIGTERM": ("another program asked the process to end", "Look for a time limit of the scheduler or container."),
    "SIGINT": ("the process was interrupted from the keyboard", ""),
}
"""What an ending means, and what to do about it."""


SIGNALS = {"SIGKILL": 9, "SIGSEGV": 11, "SIGABRT": 6, "SIGTERM": 15, "SIGINT": 2}
"""Numbers of the signals that end training runs."""


def ending_of(line: str) -> str | None:
    """Name of the ending that a line reports, None for any other line."""
    if not any(word in line for word in _WORDS):
        return None
    return next((name for name, pattern in _ENDINGS if pattern.search(line)), None)
