"""The TOML file of settings: what it says, and on which line.

jobs = 2                            # for every library

[library.classical]                 # for this one; its name is for --db
db = "/srv/classical/library.db"
paths = ["/srv/classical"]          # what a bare `audiotag scan` scans
exclude = ["*/Rehearsals/*"]
min_confidence = 0.6
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from audiotag.errors import ConfigError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_SECTION = "library"


@dataclass(frozen=True)
class ConfigFile:
    """A file's values: for every library, and by the names of libraries. text: as it was read."""

    path: Path
    values: Mapping[str, Any] = field(default_factory=dict)
    libraries: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    text: str = ""

    def place(self, name: str, library: str | None = None) -> str:
        """'config.toml, line 3', where a setting stands; without the line if it cannot be told."""
        section = None
        for number, line in enumerate(self.text.splitlines(), 1):
            header = re.match(r"\s*\[\s*([^\[\]]+?)\s*\]", line)
            if header:
                section = header[1].replace('"', "").replace("'", "").replace(" ", "")
            elif re.match(rf"""\s*["']?{re.escape(name)}["']?\s*[.=]""", line) and section == (
                None if library is None else f"{_SECTION}.{library}"
            ):
                return f"{self.path}, line {number}"
        return str(self.path)


def read_config(path: Path, known: Collection[str], must_exist: bool) -> ConfigFile:
    """Read a file whose settings have `known` names. A file that need not exist may be missing.

    Raises ConfigError naming the place of what is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8")
        values = tomllib.loads(text)
    except FileNotFoundError as fault:
        if not must_exist:
            return ConfigFile(path)
        raise ConfigError(f"{path}: no such config file") from fault
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise ConfigError(f"{path}: {fault}") from fault
    libraries = values.pop(_SECTION, {})
    file = ConfigFile(path, values, {}, text)
    if not isinstance(libraries, dict) or not all(isinstance(part, dict) for part in libraries.values()):
        raise ConfigError(
            f"{file.place(_SECTION)}: {_SECTION} must be tables: [{_SECTION}.NAME], and settings below it"
        )
    file = ConfigFile(path, values, libraries, text)
    _check_names(file, values, known, None)
    for library, settings in libraries.items():
        _check_names(file, settings, known, library)
    return file


def _check_names(
    file: ConfigFile, values: Mapping[str, Any], known: Collection[str], library: str | None
) -> None:
    for name in values:
        if name not in known:
            near = get_close_matches(name, [*known, _SECTION], 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ConfigError(f"{file.place(name, library)}: unknown setting {name}{hint}")
