"""The model card: everything about a model that is not its weights, as one JSON file.

name, created, genres      what it is and what it can say
frontend                   the mel windows it was made for (audio/frontend.py)
network                    architecture, taps, hidden, shares: how to build it in Keras
files                      {"keras" | "onnx": {"name", "sha256", "dtype"}}, beside the card
temperature                what the windows' log-probabilities are divided by (model/temperature.py)
threshold                  least top probability at which a genre is written
training, figures          data, recipe and what was measured, for people
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audiotag.atomic import atomic_text
from audiotag.audio.frontend import FrontEnd
from audiotag.errors import ModelError

DEFAULT_MODEL = "resnet50"


@dataclass(frozen=True)
class ModelFile:
    """A network file beside its card. sha256: hex digest. dtype: of the stored weights."""

    name: str
    sha256: str
    dtype: str


@dataclass(frozen=True)
class ModelCard:
    """A card that has been read and checked; see the module's docstring."""

    folder: Path
    name: str
    created: str
    genres: tuple[str, ...]
    frontend: FrontEnd
    network: Mapping[str, Any]
    files: Mapping[str, ModelFile]
    temperature: float
    threshold: float
    training: Mapping[str, Any]
    figures: Mapping[str, Any]

    @property
    def identity(self) -> str:
        """Name and the start of a digest of weights and temperature: changes when an answer may."""
        digest = hashlib.sha256(repr(self.temperature).encode())
        for kind in sorted(self.files):
            digest.update(self.files[kind].sha256.encode())
        return f"{self.name}-{digest.hexdigest()[:12]}"

    def network_file(self, kind: str) -> Path:
        """The path of the `keras` or `onnx` file, its digest checked.

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


def load_card(model: str = DEFAULT_MODEL) -> ModelCard:
    """Read a card by the name of a shipped model or by the path of a card file.

    Raises ModelError when there is none, or it is not a card.
    """
    path = Path(model) if model.endswith(".json") else weights_folder() / f"{model}.json"
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as fault:
        shipped = ", ".join(sorted(card.stem for card in weights_folder().glob("*.json"))) or "none"
        raise ModelError(f"no model {model!r}: give a card's path (.json) or one of: {shipped}") from fault
    except (OSError, ValueError) as fault:
        raise ModelError(f"{path}: not a model card ({fault})") from fault
    try:
        return _parse(path.parent, values)
    except (KeyError, TypeError, ValueError) as fault:
        raise ModelError(f"{path}: not a model card, {fault!r} is missing or wrong") from fault


def _parse(folder: Path, values: Mapping[str, Any]) -> ModelCard:
    return ModelCard(
        folder=folder,
        name=str(values["name"]),
        created=str(values["created"]),
        genres=tuple(str(genre) for genre in values["genres"]),
        frontend=FrontEnd.from_card(values["frontend"]),
        network=dict(values["network"]),
        files={kind: ModelFile(**entry) for kind, entry in values["files"].items()},
        temperature=_positive(values["temperature"]),
        threshold=float(values["threshold"]),
        training=dict(values["training"]),
        figures=dict(values["figures"]),
    )


def _positive(value: Any) -> float:
    if not 0 < float(value) < float("inf"):
        raise ValueError(f"temperature {value}")
    return float(value)


def write_card(card: ModelCard) -> Path:
    """Write a card into its folder as NAME.json; returns the path."""
    values = {
        "name": card.name,
        "created": card.created,
        "genres": list(card.genres),
        "frontend": card.frontend.to_card(),
        "network": dict(card.network),
        "files": {
            kind: {"name": f.name, "sha256": f.sha256, "dtype": f.dtype} for kind, f in card.files.items()
        },
        "temperature": card.temperature,
        "threshold": card.threshold,
        "training": dict(card.training),
        "figures": dict(card.figures),
    }
    path = card.folder / f"{card.name}.json"
    with atomic_text(path) as file:
        file.write(json.dumps(values, indent=2, ensure_ascii=False) + "\n")
    return path
