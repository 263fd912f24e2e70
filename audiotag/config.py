"""The settings: where each comes from, and what it is when nobody says anything.

Command line, then `AUDIOTAG_*` environment, then the TOML file, then the defaults here.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from platformdirs import user_config_path, user_data_path

from audiotag.errors import ConfigError, UsageError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True)
class Settings:
    """Every setting that a file or the environment may give. Names are those of the options.

    windows: 'all' or how many windows of a track are heard. timeout: seconds a file.
    min_confidence: None is the model card's threshold. csv, and others not here, are
    for one run only and so only on the command line.
    """

    db: Path
    windows: str = "all"
    jobs: int = 0  # 0: one a core
    batch_size: int = 16
    engine: str = "auto"
    model: str = "resnet50"
    exclude: tuple[str, ...] = ()
    timeout: float = 600.0
    dask: str | None = None
    policy: str = "fill"
    top: int = 1
    min_confidence: float | None = None
    map: Path | None = None


def default_config_path() -> Path:
    """Where the platform expects config.toml."""
    return user_config_path("audiotag") / "config.toml"


def default_library_path() -> Path:
    """Where the platform expects library.db."""
    return user_data_path("audiotag") / "library.db"


def load_settings(
    given: Mapping[str, Any], config: Path | None = None, environment: Mapping[str, str] | None = None
) -> Settings:
    """The settings in force. `given` is the command line; None in it means not given.

    `config` must exist when it is named; the default file need not. Raises ConfigError
    naming the file or the variable that is wrong, UsageError when the command line is.
    """
    environment = os.environ if environment is None else environment
    path, values = _read_file(config, environment)
    merged: dict[str, Any] = {"db": default_library_path()}
    for field in fields(Settings):
        variable = f"AUDIOTAG_{field.name.upper()}"
        if given.get(field.name) is not None:
            merged[field.name] = given[field.name]
        elif variable in environment:
            merged[field.name] = _from_text(field.name, environment[variable], f"environment {variable}")
        elif field.name in values:
            merged[field.name] = _convert(field.name, values[field.name], str(path))
    settings = Settings(**merged)
    for name, problem in _problems(settings):
        raise (UsageError if given.get(name) is not None else ConfigError)(problem)
    return settings


def _read_file(config: Path | None, environment: Mapping[str, str]) -> tuple[Path, dict[str, Any]]:
    if config is None and "AUDIOTAG_CONFIG" in environment:
        config = Path(environment["AUDIOTAG_CONFIG"])
    path = config or default_config_path()
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as fault:
        if config is None:
            return path, {}
        raise ConfigError(f"{path}: no such config file") from fault
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise ConfigError(f"{path}: {fault}") from fault
    unknown = sorted(set(values) - {field.name for field in fields(Settings)})
    if unknown:
        raise ConfigError(f"{path}: unknown setting {', '.join(unknown)}")
    return path, values


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
        return tuple(value)
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


def _kind(name: str) -> str:
    kinds = {"db": "path", "map": "path", "exclude": "tuple", "timeout": "float", "min_confidence": "float"}
    whole = ("jobs", "batch_size", "top")
    return kinds.get(name, "int" if name in whole else "str")


def _problems(settings: Settings) -> Iterator[tuple[str, str]]:
    """(setting, what is wrong with its value), for each that makes no sense."""
    choices = {"engine": ("auto", "onnx", "tensorflow"), "policy": ("fill", "append", "replace")}
    for name, allowed in choices.items():
        value = getattr(settings, name)
        if value not in allowed:
            yield name, f"{name} must be one of {', '.join(allowed)}, not {value!r}"
    if not re.fullmatch("all|0*[1-9][0-9]{0,8}", settings.windows):
        yield "windows", f"windows must be 'all' or a number from 1, not {settings.windows[:20]!r}"
    ranges = {"jobs": (0, 1_000), "batch_size": (1, 4_096), "top": (1, 1_000), "timeout": (0.001, 1e6)}
    for name, (least, most) in ranges.items():
        value = getattr(settings, name)
        if not least <= value <= most:  # so that nan is refused as well
            yield name, f"{name} must be between {least:g} and {most:g}, not {value!r}"
    if settings.min_confidence is not None and not 0 <= settings.min_confidence <= 1:
        yield "min_confidence", f"min_confidence must be between 0 and 1, not {settings.min_confidence!r}"
