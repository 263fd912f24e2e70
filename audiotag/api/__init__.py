"""The stable interface for other programs: listen, predict, plan, write, undo, and the library behind them.

What is named here keeps its name, its arguments and its meaning while the first number of `API_VERSION`
stays; the second grows when something is added. Everything else in the package may change with any release.

Decoding happens in worker processes, which import the calling program's main file: a program that calls
`listen`, `predict` or `Library.scan` does so below `if __name__ == "__main__":`.
"""

from __future__ import annotations

from audiotag.system import need_linux

need_linux()  # before what imports calls that others lack

from audiotag.api.answers import Answer, Genre, ScanResult, Style  # noqa: E402
from audiotag.api.hearing import listen, predict  # noqa: E402
from audiotag.api.library import Library  # noqa: E402
from audiotag.api.tagging import (  # noqa: E402
    FileOutcome,
    RunResult,
    TagRules,
    choose,
    plan,
    undo,
    write,
)
from audiotag.errors import AudiotagError  # noqa: E402

API_VERSION = "1.0"

__all__ = [
    "API_VERSION", "Answer", "AudiotagError", "FileOutcome", "Genre", "Library", "RunResult", "ScanResult",
    "Style", "TagRules", "choose", "listen", "plan", "predict", "undo", "write",
]  # fmt: skip
