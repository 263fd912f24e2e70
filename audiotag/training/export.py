"""A trained network → the files of a model: its weights as ONNX, and its card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiotag.audio.frontend import FrontEnd
from audiotag.model.calibration import SongPower
from audiotag.model.card import GenreOutput, ModelCard, StyleOutput, file_digest, write_card
from audiotag.model.network import NetworkSpec
from audiotag.training.outputs.calibrate import Judged, calibrate
from audiotag.training.outputs.network_files import Calibrating, write_network
from audiotag.training.outputs.worth import worth

if TYPE_CHECKING:
    import keras

    from audiotag.training.recipe import Recipe


@dataclass(frozen=True)
class Design:
    """What a model is made for: its network, its mel windows, its genres, by collection (see the card),
    styles, and how sure the mean over a whole song is made."""

    spec: NetworkSpec
    frontend: FrontEnd
    genres: tuple[str, ...]
    collections: Mapping[str, tuple[str, ...]]
    styles: tuple[StyleOutput, ...] = ()
    song: SongPower = field(default_factory=SongPower)


@dataclass(frozen=True)
class SourceFile:
    """A file that training reads, by name and SHA-256."""

    name: str
    sha256: str

    @classmethod
    def of(cls, path: Path) -> SourceFile:
        return cls(path.name, file_digest(path))


@dataclass(frozen=True)
class Provenance:
    """What the card says of where a model comes from. data: archives and styles. init: initial weights,
    or None. minutes: of training. history: of its epochs. areas: of the styles tried, see LearntStyles."""

    name: str
    data: tuple[SourceFile, ...]
    init: SourceFile | None
    recipe: Recipe
    left_out: tuple[str, ...] = ()
    minutes: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)
    areas: dict[str, tuple[float, float]] = field(default_factory=dict)


def export_model(
    network: keras.Model,
    design: Design,
    judged: Judged,
    origin: Provenance,
    calibrating: Calibrating,
    folder: Path,
) -> ModelCard:
    """Write NAME.onnx (16-bit weights, for all engines), NAME.int8.onnx where the network has stages that
    bear 8 bits, and NAME.json into `folder`.

    `network` has weights of 16 bits already (outputs.round_weights); judged: what it says of the tracks
    that calibration, thresholds and the figures in the card are of; calibrating: what the 8 bits are
    fitted to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = write_network(network, origin.name, calibrating, folder)
    plain = ModelCard(
        folder=folder,
        name=origin.name,
        created=datetime.now(timezone.utc).date().isoformat(),
        outputs=tuple(GenreOutput(genre) for genre in design.genres),
        styles=design.styles,
        collections=design.collections,
        frontend=design.frontend,
        network=design.spec.to_card(),
        files=files,
        training=_training(origin) | {"int8": calibrating.to_card(files)},
        figures={},
        song=design.song,
    )
    card = with_calibration(plain, judged, origin.recipe.precision)
    write_card(card)
    return card


def with_calibration(card: ModelCard, judged: Judged, precision: float) -> ModelCard:
    """The card with calibration, thresholds and figures of these tracks. judged: what its network says of
    them, made as sure as card.song does."""
    found = calibrate(judged, precision)
    outputs = zip(card.genres, found.scaling, found.thresholds, strict=True)
    return replace(
        card,
        outputs=tuple(GenreOutput(*each) for each in outputs),
        figures=worth(judged, found, card.genres, card.collections),
    )


def _training(origin: Provenance) -> dict[str, Any]:
    import keras

    packages = ["audiotag", "numpy", "scikit-learn"]
    backend = keras.backend.backend()
    packages.append({"torch": "torch", "jax": "jax"}.get(backend, "tensorflow"))
    return {
        "data": [asdict(one) for one in origin.data],
        "left_out": list(origin.left_out),
        "init": None if origin.init is None else asdict(origin.init),
        "recipe": origin.recipe.to_card(),
        "minutes": round(origin.minutes, 1),
        "history": origin.history,
        "style_areas": origin.areas,
        "versions": {"keras": keras.__version__, "backend": backend}
        | {package: version(package) for package in packages},
    }
