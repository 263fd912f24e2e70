"""The genre map: a TOML file that renames, splits or silences the model's genres and styles.

"Hip-Hop" = ["Hip-Hop", "Rap"]
"Folk" = "Folk & Singer-Songwriter"
"Experimental" = []
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

from audiotag.errors import ConfigError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found,unused-ignore]

GenreMap = dict[str, tuple[str, ...]]


def load_genre_map(path: str | Path, known: Iterable[str] = ()) -> GenreMap:
    """Read a genre map; its keys are casefolded, so that case does not matter.

    `known` are the model's genres and styles: a key that is none of them is a mistake, unless `known` is
    empty. Raises ConfigError with the file, and the line where there is one.
    """
    text = _read(path)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    names = {genre.casefold(): genre for genre in known}
    genre_map: GenreMap = {}
    for key, value in table.items():
        place = f"{path}, line {_line_of(text, key)}"
        if names and key.casefold() not in names:
            choices = ", ".join(sorted(names.values()))
            raise ConfigError(f'{place}: "{key}" is no genre or style of the model; it knows {choices}')
        if key.casefold() in genre_map:
            raise ConfigError(f'{place}: "{key}" is there twice (case does not matter)')
        genre_map[key.casefold()] = _genres(value, f'{place}: "{key}"')
    return genre_map


def _read(path: str | Path) -> str:
    try:
        return Path(path).read_bytes().decode("utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot read the genre map: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: the genre map must be UTF-8 text") from error


def _genres(value: object, place: str) -> tuple[str, ...]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ConfigError(f'{place} must be a text or a list of texts, like ["Rock", "Metal"]')
    if any(not text.strip() or not text.isprintable() for text in texts):
        raise ConfigError(f"{place} has an empty or unprintable genre; [] writes none at all")
    return tuple(text.strip() for text in texts)


def _line_of(text: str, key: str) -> int:
    """The line where a key stands, 1 where it cannot be found (as in a table's header)."""
    quoted = re.escape(key)
    match = re.search(rf"""^[ \t]*\[*[ \t]*["']?{quoted}["']?[ \t]*[=.\]]""", text, re.MULTILINE)
    return text.count("\n", 0, match.start()) + 1 if match else 1
