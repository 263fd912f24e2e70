"""The settings: where each comes from, and what it is when nobody says anything.

Command line, then `AUDIOTAG_*` environment, then the TOML file (what it says of the library in
use, then what it says for all; see toml_file.py), then the defaults here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from platformdirs import user_config_path, user_data_path

from audiotag.config.kinds import (
    CountOrAll,
    FilePath,
    FilePaths,
    Kind,
    Number,
    Text,
    Texts,
    WholeNumber,
    YesOrNo,
)
from audiotag.config.toml_file import ConfigFile, read_config
from audiotag.errors import ConfigError, UsageError
from audiotag.pipeline.not_music import KINDS
from audiotag.tags.sameness import PLACEHOLDERS


def _about(kind: Kind, meaning: str, unset: str = "") -> dict[str, Any]:
    return {_ABOUT: About(kind, meaning, unset)}


_ABOUT = "about"


@dataclass(frozen=True)
class About:
    """What a setting's declaration says of it. unset: what holds when nobody gives it, where the
    default does not say so itself."""

    kind: Kind
    meaning: str
    unset: str


@dataclass(frozen=True)
class Settings:
    """Every setting that a file or the environment may give. Names are those of the options.

    Each is declared here and nowhere else: kind and range are checked, and help, `doctor` and
    docs/settings.md are made, by what stands here. csv, and others not here, are for one run
    only and so only on the command line.
    """

    db: Path = field(
        metadata=_about(
            FilePath(),
            "the library; on the command line and in the environment also its name in the file",
            "the platform's place",
        )
    )
    paths: tuple[str, ...] = field(
        default=(), metadata=_about(FilePaths(), "what a scan without PATH scans", "none")
    )
    windows: str = field(
        default="all", metadata=_about(CountOrAll(), "windows heard of a track, evenly spread")
    )
    jobs: int = field(default=0, metadata=_about(WholeNumber(0, 1_000), "decode processes", "one a core"))
    batch_size: int = field(
        default=0,
        metadata=_about(WholeNumber(0, 4_096), "windows the network takes at once", "what suits the device"),
    )
    engine: str = field(
        default="auto",
        metadata=_about(
            Text(("auto", "onnx", "onnx-int8", "openvino", "tensorflow")),
            "what runs the network; auto: TensorFlow where it can use a GPU, else the fastest on this CPU",
        ),
    )
    model: str = field(default="resnet50", metadata=_about(Text(), "the model, by name or card file"))
    exclude: tuple[str, ...] = field(
        default=(), metadata=_about(Texts(), "names or paths to pass over, as globs", "none")
    )
    include: tuple[str, ...] = field(
        default=(), metadata=_about(Texts(KINDS), "what else is passed over and is to be heard", "none")
    )
    timeout: float = field(
        default=600.0, metadata=_about(Number(0.001, 1e6), "seconds after which a file is given up")
    )
    dask: str | None = field(
        default=None, metadata=_about(Text(), "the Dask scheduler whose workers do it", "none")
    )
    policy: str = field(
        default="fill",
        metadata=_about(
            Text(("fill", "append", "replace")),
            "where a genre is there already: leave it, add to it, replace it",
        ),
    )
    top: int = field(default=1, metadata=_about(WholeNumber(1, 1_000), "genres a track at most"))
    min_confidence: float | None = field(
        default=None,
        metadata=_about(
            Number(0, 1), "least probability of every genre", "the model card's, each genre's own"
        ),
    )
    styles: bool = field(
        default=False, metadata=_about(YesOrNo(), "write each genre's likely styles after it", "no")
    )
    map: Path | None = field(
        default=None, metadata=_about(FilePath(), "renames, splits or silences genres", "none")
    )
    id3_version: str = field(
        default="keep",
        metadata=_about(Text(("keep", "2.3", "2.4")), "version of the ID3 tags in files that are written"),
    )
    placeholders: tuple[str, ...] = field(
        default=PLACEHOLDERS,
        metadata=_about(
            Texts(),
            "genres that count as none; the list takes the place of the built-in one",
            '"Unknown", "Other" and their like',
        ),
    )
    wait: float = field(
        default=0.0, metadata=_about(Number(0, 1e6), "seconds to wait for another run that holds the library")
    )


def about(name: str) -> About:
    """What is declared of a setting."""
    found: About = _DECLARED[name].metadata[_ABOUT]
    return found


def setting_names() -> tuple[str, ...]:
    """All that may be set, in the order of their declaration."""
    return tuple(_DECLARED)


def variable_of(name: str) -> str:
    """Its environment variable."""
    return f"AUDIOTAG_{name.upper()}"


def choices_of(name: str) -> str:
    """All that it may be, as a usage line has it."""
    kind = about(name).kind
    assert isinstance(kind, Text | Texts)
    return "|".join(kind.choices)


def with_default(name: str, help_text: str) -> str:
    """An option's help, and what holds without it."""
    return f"{help_text} [default: {default_of(name)}]"


def default_of(name: str) -> str:
    """What holds when nobody gives it, in words."""
    default = _DECLARED[name].default
    return about(name).unset or (f"{default:g}" if isinstance(default, float) else str(default))


_DECLARED = {declared.name: declared for declared in fields(Settings)}


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
    names = list(_DECLARED)
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
    for name in _DECLARED:
        value = getattr(settings, name)
        problem = None if value is None else about(name).kind.problem(value)
        if problem is not None:
            yield name, f"must be {problem}"
