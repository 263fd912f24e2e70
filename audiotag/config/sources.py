"""Where each setting comes from: what was given, and whether it makes sense.

Command line, then `AUDIOTAG_*` environment, then the TOML file (what it says of the library in
use, then what it says for all; see toml_file.py), then the defaults that settings.py declares.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platformdirs import user_config_path, user_data_path

from audiotag.config.settings import Settings, about, setting_names, variable_of
from audiotag.config.toml_file import ConfigFile, read_config
from audiotag.errors import ConfigError, UsageError


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
    names = setting_names()
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
        if origin == _OPTION:
            raise UsageError(f"--{name.replace('_', '-')} {problem}")
        raise ConfigError(f"{origin}: {name} {problem}")
    return Resolved(settings, {name: origin for name, (_, origin) in found.items()}, file)


_OPTION = "command line"
_DEFAULT = "default"

# A value and where it comes from.
_Found = tuple[Any, str]


def _look_up(
    name: str, given: Mapping[str, Any], environment: Mapping[str, str], file: ConfigFile, library: str | None
) -> _Found:
    variable = variable_of(name)
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
    try:
        value = about(name).kind.from_text(text)
    except ValueError as fault:
        raise ConfigError(f"{place}: {name} must be a {about(name).kind.wanted}, not {text!r}") from fault
    return value


def _convert(name: str, value: Any, place: str) -> Any:
    """A TOML value as the setting's type."""
    kind = about(name).kind
    converted = kind.from_toml(value)
    if converted is None:
        raise ConfigError(f"{place}: {name} must be a {kind.wanted}, not {value!r}")
    return converted


def _problems(settings: Settings) -> Iterator[tuple[str, str]]:
    """(setting, what is wrong with its value), for each that makes no sense."""
    for name in setting_names():
        value = getattr(settings, name)
        problem = None if value is None else about(name).kind.problem(value)
        if problem is not None:
            yield name, f"must be {problem}"
