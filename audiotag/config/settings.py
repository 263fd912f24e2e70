"""The settings: where each comes from, and what it is when nobody says anything.

Command line, then `AUDIOTAG_*` environment, then the TOML file (what it says of the library in
use, then what it says for all; see configfile.py), then the defaults here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from platformdirs import user_config_path, user_data_path

from audiotag.config.toml_file import ConfigFile, read_config
from audiotag.errors import ConfigError, UsageError
from audiotag.pipeline.not_music import KINDS
from audiotag.tags.sameness import PLACEHOLDERS


@dataclass(frozen=True)
class Settings:
    """Every setting that a file or the environment may give. Names are those of the options.

    paths: what a scan without PATH scans. windows: 'all' or how many windows of a track are
    heard. timeout: seconds a file. min_confidence: None is the model card's threshold. wait:
    seconds, for another run that holds the library. placeholders: genres that count as none, such
    as "Unknown"; the list replaces the one here, an empty one has none. csv, and others not here,
    are for one run only and so only on the command line.
    """

    db: Path
    paths: tuple[str, ...] = ()
    windows: str = "all"
    jobs: int = 0  # 0: one a core
    batch_size: int = 16
    engine: str = "auto"
    model: str = "resnet50"
    exclude: tuple[str, ...] = ()
    include: tuple[str, ...] = ()  # of nomusic.KINDS
    timeout: float = 600.0
    dask: str | None = None
    policy: str = "fill"
    top: int = 1
    min_confidence: float | None = None
    map: Path | None = None
    id3_version: str = "keep"
    placeholders: tuple[str, ...] = PLACEHOLDERS
    wait: float = 0.0


@dataclass(frozen=True)
class Resolved:
    """Settings, and for each of their names where its value comes from, in words."""

    settings: Settings
    origins: Mapping[str, str]
    file: ConfigFile


def default_config_path() -> Path:
    """Where the platform expects config.toml."""
    return user_config_path("audiotag") / "config.toml"


def default_library_path(name: str = "library") -> Path:
    """Where the platform expects library.db, or the library of another name."""
    return user_data_path("audiotag") / f"{name}.db"


def load_settings(
    given: Mapping[str, Any], config: Path | None = None, environment: Mapping[str, str] | None = None
) -> Settings:
    """The settings in force; see `resolve`."""
    return resolve(given, config, environment).settings


def resolve(
    given: Mapping[str, Any], config: Path | None = None, environment: Mapping[str, str] | None = None
) -> Resolved:
    """The settings in force and their origins. `given` is the command line; None in it: not given.

    `config` must exist when it is named; the default file need not. Raises ConfigError
    naming the line or the variable that is wrong, UsageError when the command line is.
    """
    environment = os.environ if environment is None else environment
    names = [field.name for field in fields(Settings)]
    named = config or (Path(environment["AUDIOTAG_CONFIG"]) if "AUDIOTAG_CONFIG" in environment else None)
    file = read_config(named or default_config_path(), names, must_exist=named is not None)
    for library in file.libraries:  # those not in use as well: a mistake is found when it is made
        for name, value in file.libraries[library].items():
            _convert(name, value, file.place(name, library))
    found = {"db": _database(given, environment, file)}
    in_use = _library_of(found["db"][0], file)
    for name in names:
        if name != "db":
            found[name] = _look_up(name, given, environment, file, in_use)
    settings = Settings(**{name: value for name, (value, origin) in found.items() if origin != _DEFAULT})
    for name, problem in _problems(settings):
        origin = found[name][1]
        raise UsageError(problem) if origin == _OPTION else ConfigError(f"{origin}: {problem}")
    return Resolved(settings, {name: origin for name, (_, origin) in found.items()}, file)


_OPTION = "command line"
_DEFAULT = "default"

# A value and where it comes from.
_Found = tuple[Any, str]


def _look_up(
    name: str, given: Mapping[str, Any], environment: Mapping[str, str], file: ConfigFile, library: str | None
) -> _Found:
    variable = f"AUDIOTAG_{name.upper()}"
    if given.get(name) is not None:
        return given[name], _OPTION
    if variable in environment:
        origin = f"environment {variable}"
        return _from_text(name, environment[variable], origin), origin
    if library is not None and name in file.libraries[library]:
        origin = file.place(name, library)
        return _convert(name, file.libraries[library][name], origin), origin
    if name in file.values:
        origin = file.place(name)
        return _convert(name, file.values[name], origin), origin
    return None, _DEFAULT


def _database(given: Mapping[str, Any], environment: Mapping[str, str], file: ConfigFile) -> _Found:
    """The library's file: --db and AUDIOTAG_DB may also name one of the config file's libraries."""
    value, origin = _look_up("db", given, environment, file, None)
    if value is None:
        return default_library_path(), "the platform's place"
    name = str(value)
    if name in file.libraries and origin in (_OPTION, "environment AUDIOTAG_DB"):
        return _library_file(name, file), f"library {name}, {origin}"
    return value, origin


def _library_of(db: Path, file: ConfigFile) -> str | None:
    """The name of the section that speaks of this library."""
    same = (
        name for name in file.libraries if os.path.abspath(_library_file(name, file)) == os.path.abspath(db)
    )
    return next(same, None)


def _library_file(name: str, file: ConfigFile) -> Path:
    value = file.libraries[name].get("db")
    if value is None:
        return default_library_path(name)
    path: Path = _convert("db", value, file.place("db", name))
    return path


def _from_text(name: str, text: str, place: str) -> Any:
    kind = _kind(name)
    if kind == "tuple":
        return tuple(part for part in text.split(os.pathsep) if part)
    if kind in ("int", "float"):
        try:
            return int(text) if kind == "int" else float(text)
        except ValueError as fault:
            raise ConfigError(f"{place}: {name} must be a number, not {text!r}") from fault
    return _convert(name, text, place)


def _convert(name: str, value: Any, place: str) -> Any:
    """A TOML value as the setting's type. `windows` may be a number or 'all'."""
    kind = _kind(name)
    if name == "windows" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if kind == "tuple" and isinstance(value, list) and all(isinstance(part, str) for part in value):
        return tuple(os.path.expanduser(part) if name == "paths" else part for part in value)
    if kind == "path" and isinstance(value, str):
        return Path(value).expanduser()
    if kind == "float" and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if kind == "int" and isinstance(value, int) and not isinstance(value, bool):
        return value
    if kind == "str" and isinstance(value, str):
        return value
    raise ConfigError(f"{place}: {name} must be a {_WANTED[kind]}, not {value!r}")


_WANTED = {"tuple": "list of texts", "path": "path", "float": "number", "int": "whole number", "str": "text"}
_KINDS = {
    "db": "path", "map": "path", "exclude": "tuple", "include": "tuple", "paths": "tuple",
    "placeholders": "tuple", "timeout": "float", "min_confidence": "float", "wait": "float",
    "jobs": "int", "batch_size": "int", "top": "int",
}  # fmt: skip


def _kind(name: str) -> str:
    return _KINDS.get(name, "str")


def _problems(settings: Settings) -> Iterator[tuple[str, str]]:
    """(setting, what is wrong with its value), for each that makes no sense."""
    choices = {
        "engine": ("auto", "onnx", "tensorflow"),
        "policy": ("fill", "append", "replace"),
        "id3_version": ("keep", "2.3", "2.4"),
    }
    for name, allowed in choices.items():
        value = getattr(settings, name)
        if value not in allowed:
            yield name, f"{name} must be one of {', '.join(allowed)}, not {value!r}"
    for kind in settings.include:
        if kind not in KINDS:
            yield "include", f"include must be one of {', '.join(KINDS)}, not {kind[:20]!r}"
    if not re.fullmatch("all|0*[1-9][0-9]{0,8}", settings.windows):
        yield "windows", f"windows must be 'all' or a number from 1, not {settings.windows[:20]!r}"
    ranges = {
        "jobs": (0, 1_000),
        "batch_size": (1, 4_096),
        "top": (1, 1_000),
        "timeout": (0.001, 1e6),
        "wait": (0, 1e6),
    }
    for name, (least, most) in ranges.items():
        value = getattr(settings, name)
        if not least <= value <= most:  # so that nan is refused as well
            yield name, f"{name} must be between {least:g} and {most:g}, not {value!r}"
    if settings.min_confidence is not None and not 0 <= settings.min_confidence <= 1:
        yield "min_confidence", f"min_confidence must be between 0 and 1, not {settings.min_confidence!r}"
