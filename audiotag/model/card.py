"""The model card: everything about a model that is not its weights, as one JSON file.

name, created              what it is
genres                     what it can say: {NAME: {"slope", "offset", "threshold"}}, in the order of the
                           network's output; slope and offset are its calibration (calibration.py), threshold
                           the least probability at which it is written, null where it never is by default
song                       {"windows", "power"}: how sure the mean over a whole song is made before it is
                           calibrated (calibration.py); in a card without it the mean stays as it is
styles                     {NAME: {"parent", "threshold"}}, in the order of the network's output
collections                {NAME: [genres]}: on what it was trained, and what each knows
frontend                   the mel windows it was made for (audio/frontend.py)
network                    architecture, taps, hidden: how to build it in Keras
files                      {"onnx": {"name", "sha256", "dtype"}}, beside the card, for all engines; for CPUs
                           perhaps "onnx-int8", its later stages in 8 bits (model/int8/)
training, figures          data, recipe and what was measured, for people
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from audiotag.atomic import atomic_text
from audiotag.audio.frontend import FrontEnd
from audiotag.errors import ModelError
from audiotag.library.records import StyleOutput as StyleOutput
from audiotag.model.calibration import Platt, SongPower, calibrated

DEFAULT_MODEL = "resnet50"


@dataclass(frozen=True)
class ModelFile:
    """A network file beside its card. sha256: hex digest. dtype: of the stored weights."""

    name: str
    sha256: str
    dtype: str


@dataclass(frozen=True)
class GenreOutput:
    """A genre of the model. threshold: least probability at which it is written; None: never, unless
    the user sets a threshold of their own."""

    name: str
    scaling: Platt = field(default_factory=Platt)
    threshold: float | None = None


@dataclass(frozen=True)
class ModelCard:
    """A card that has been read and checked; see the module's docstring."""

    folder: Path
    name: str
    created: str
    outputs: tuple[GenreOutput, ...]
    styles: tuple[StyleOutput, ...]
    collections: Mapping[str, tuple[str, ...]]
    frontend: FrontEnd
    network: Mapping[str, Any]
    files: Mapping[str, ModelFile]
    training: Mapping[str, Any]
    figures: Mapping[str, Any]
    song: SongPower = field(default_factory=SongPower)

    @property
    def genres(self) -> tuple[str, ...]:
        """What it can say, in the order of its probabilities."""
        return tuple(genre.name for genre in self.outputs)

    @property
    def thresholds(self) -> tuple[float | None, ...]:
        """Of each genre; see GenreOutput."""
        return tuple(genre.threshold for genre in self.outputs)

    def calibrated(self, probabilities: np.ndarray, windows: np.ndarray | int) -> np.ndarray:
        """What the network says of tracks, (..., genres), the mean over so many windows (...) → how often
        each genre is right, float32."""
        return calibrated(self.song(probabilities, windows), [genre.scaling for genre in self.outputs])

    @property
    def identity(self) -> str:
        """Name and the start of a digest of weights and calibration: changes when an answer may."""
        digest = hashlib.sha256(repr([astuple(genre.scaling) for genre in self.outputs]).encode())
        if self.song.power != 1:  # a card from before it was known keeps its identity
            digest.update(repr(astuple(self.song)).encode())
        for kind in sorted(self.files):
            digest.update(self.files[kind].sha256.encode())
        return f"{self.name}-{digest.hexdigest()[:12]}"

    def network_file(self, kind: str) -> Path:
        """The path of the `onnx` or `onnx-int8` file, its digest checked.

        Raises ModelError when it is missing or is not the file the card describes.
        """
        if kind not in self.files:
            raise ModelError(f"model {self.name} has no {kind} file")
        entry = self.files[kind]
        path = self.folder / entry.name
        try:
            found = file_digest(path)
        except OSError as fault:
            raise ModelError(f"{path}: {fault.strerror}; install audiotag again") from fault
        if found != entry.sha256:
            raise ModelError(f"{path}: damaged (SHA-256 is not the card's); install audiotag again")
        return path


def file_digest(path: Path) -> str:
    """SHA-256 of a file, hex. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def weights_folder() -> Path:
    """Where the shipped models are: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "weights"
    return installed if installed.is_dir() else package.parent / "weights"


def shipped_models() -> list[str]:
    """Their names, sorted."""
    return sorted(card.stem for card in weights_folder().glob("*.json"))


def load_card(model: str = DEFAULT_MODEL) -> ModelCard:
    """Read a card by the name of a shipped model or by the path of a card file.

    Raises ModelError when there is none, or it is not a card.
    """
    path = Path(model) if model.endswith(".json") else weights_folder() / f"{model}.json"
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as fault:
        shipped = ", ".join(shipped_models()) or "none"
        raise ModelError(f"no model {model!r}: give a card's path (.json) or one of: {shipped}") from fault
    except (OSError, ValueError) as fault:
        raise ModelError(f"{path}: not a model card ({fault})") from fault
    if isinstance(values, dict) and "temperature" in values:
        raise ModelError(f"{path}: made by an older audiotag; train it again")
    try:
        return _parse(path.parent, values)
    except (AttributeError, KeyError, TypeError, ValueError) as fault:
        raise ModelError(f"{path}: not a model card, {fault!r} is missing or wrong") from fault


def _parse(folder: Path, values: Mapping[str, Any]) -> ModelCard:
    outputs = tuple(_genre(name, entry) for name, entry in values["genres"].items())
    return ModelCard(
        folder=folder,
        name=str(values["name"]),
        created=str(values["created"]),
        outputs=outputs,
        styles=tuple(_style(name, entry, outputs) for name, entry in values["styles"].items()),
        collections={name: tuple(genres) for name, genres in values["collections"].items()},
        frontend=FrontEnd.from_card(values["frontend"]),
        network=dict(values["network"]),
        files={kind: ModelFile(**entry) for kind, entry in values["files"].items()},
        training=dict(values["training"]),
        figures=dict(values["figures"]),
        song=SongPower(**values.get("song", {})),
    )


def _genre(name: str, entry: Mapping[str, Any]) -> GenreOutput:
    threshold = entry["threshold"]
    scaling = Platt(float(entry["slope"]), float(entry["offset"]))
    return GenreOutput(name, scaling, None if threshold is None else float(threshold))


def _style(name: str, entry: Mapping[str, Any], outputs: tuple[GenreOutput, ...]) -> StyleOutput:
    if entry["parent"] not in [genre.name for genre in outputs]:
        raise ValueError(f"{name}'s parent {entry['parent']}")
    if ";" in name:  # it parts several in a report
        raise ValueError(f"style {name!r}")
    return StyleOutput(name, str(entry["parent"]), float(entry["threshold"]))


def write_card(card: ModelCard) -> Path:
    """Write a card into its folder as NAME.json; returns the path."""
    values = {
        "name": card.name,
        "created": card.created,
        "genres": {
            genre.name: asdict(genre.scaling) | {"threshold": genre.threshold} for genre in card.outputs
        },
        "song": asdict(card.song),
        "styles": {one.name: {"parent": one.parent, "threshold": one.threshold} for one in card.styles},
        "collections": {name: list(genres) for name, genres in card.collections.items()},
        "frontend": card.frontend.to_card(),
        "network": dict(card.network),
        "files": {
            kind: {"name": f.name, "sha256": f.sha256, "dtype": f.dtype} for kind, f in card.files.items()
        },
        "training": dict(card.training),
        "figures": dict(card.figures),
    }
    path = card.folder / f"{card.name}.json"
    with atomic_text(path) as file:
        file.write(json.dumps(values, indent=2, ensure_ascii=False) + "\n")
    return path
