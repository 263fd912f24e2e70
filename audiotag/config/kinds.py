"""What a setting's value may be: how it is read from TOML and from text, and what is wrong with it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


class Kind(Protocol):
    """What all of them have. wanted: in words, after "must be a"."""

    @property
    def wanted(self) -> str: ...

    def from_toml(self, value: Any) -> Any:
        """The setting's value; None where `value` is of another type."""

    def from_text(self, text: str) -> Any:
        """The same from an environment variable."""

    def problem(self, value: Any) -> str | None:
        """What is wrong with a value of the right type, after "must be"."""

    def in_words(self) -> str:
        """What it may be, for people."""


@dataclass(frozen=True)
class Text:
    """choices: all that it may be; empty: anything."""

    choices: tuple[str, ...] = ()
    wanted: str = "text"

    def from_toml(self, value: Any) -> str | None:
        return value if isinstance(value, str) else None

    def from_text(self, text: str) -> str | None:
        return self.from_toml(text)

    def problem(self, value: str) -> str | None:
        if not self.choices or value in self.choices:
            return None
        return f"one of {', '.join(self.choices)}, not {value!r}"

    def in_words(self) -> str:
        return _any_of(self.choices) or "a text"


@dataclass(frozen=True)
class CountOrAll(Text):
    """'all', or a number from 1, which TOML may give as a number."""

    def from_toml(self, value: Any) -> str | None:
        return str(value) if _is_whole(value) else super().from_toml(value)

    def problem(self, value: str) -> str | None:
        if re.fullmatch("all|0*[1-9][0-9]{0,8}", value):
            return None
        return f"'all' or a number from 1, not {value[:20]!r}"

    def in_words(self) -> str:
        return "`all` or a whole number from 1"


@dataclass(frozen=True)
class FilePath:
    """A file; ~ is the home folder."""

    wanted: str = "path"

    def from_toml(self, value: Any) -> Path | None:
        return Path(value).expanduser() if isinstance(value, str) else None

    def from_text(self, text: str) -> Path | None:
        return self.from_toml(text)

    def problem(self, value: Path) -> str | None:
        return None

    def in_words(self) -> str:
        return "a path"


@dataclass(frozen=True)
class Number:
    """least, most: with these."""

    least: float
    most: float
    wanted: str = "number"

    def from_toml(self, value: Any) -> float | None:
        return float(value) if _is_whole(value) or isinstance(value, float) else None

    def from_text(self, text: str) -> float:
        return float(text)

    def problem(self, value: float) -> str | None:
        if self.least <= value <= self.most:  # so that nan is refused as well
            return None
        return f"between {self.least:g} and {self.most:g}, not {value!r}"

    def in_words(self) -> str:
        return f"a {self.wanted} from {self.least:,.9g} to {self.most:,.9g}"


@dataclass(frozen=True)
class WholeNumber(Number):
    """The same without fractions."""

    wanted: str = "whole number"

    def from_toml(self, value: Any) -> int | None:
        return value if _is_whole(value) else None

    def from_text(self, text: str) -> int:
        return int(text)


_WORDS = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}


@dataclass(frozen=True)
class YesOrNo:
    """On or off."""

    wanted: str = "yes or no (true or false)"

    def from_toml(self, value: Any) -> bool | None:
        return value if isinstance(value, bool) else None

    def from_text(self, text: str) -> bool:
        if text.lower() not in _WORDS:
            raise ValueError(text)
        return _WORDS[text.lower()]

    def problem(self, value: bool) -> str | None:
        return None

    def in_words(self) -> str:
        return "`true` or `false`"


@dataclass(frozen=True)
class Texts:
    """A list. choices: all that each may be; empty: anything. Text has them with os.pathsep between."""

    choices: tuple[str, ...] = ()
    wanted: str = "list of texts"

    def from_toml(self, value: Any) -> tuple[str, ...] | None:
        if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
            return None
        return tuple(value)

    def from_text(self, text: str) -> tuple[str, ...]:
        return tuple(part for part in text.split(os.pathsep) if part)

    def problem(self, value: tuple[str, ...]) -> str | None:
        for part in value:
            if self.choices and part not in self.choices:
                return f"one of {', '.join(self.choices)}, not {part[:20]!r}"
        return None

    def in_words(self) -> str:
        return f"a list of {_any_of(self.choices) or 'texts'}"


@dataclass(frozen=True)
class FilePaths(Texts):
    """A list of files and folders; ~ is the home folder."""

    def from_toml(self, value: Any) -> tuple[str, ...] | None:
        parts = super().from_toml(value)
        return None if parts is None else tuple(map(os.path.expanduser, parts))

    def in_words(self) -> str:
        return "a list of paths"


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _any_of(choices: tuple[str, ...]) -> str:
    return ", ".join(f"`{choice}`" for choice in choices)
