"""The settings: each with its kind, its meaning, and what it is when nobody says anything."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

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
