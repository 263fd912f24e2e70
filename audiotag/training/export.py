"""A trained network → the files of a model: Keras, ONNX and the card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiotag.audio.frontend import FrontEnd
from audiotag.model.card import ModelCard, ModelFile, file_digest, write_card
from audiotag.model.keras_file import save_network
from audiotag.model.network import NetworkSpec
from audiotag.model.onnx_export import export_onnx
from audiotag.training.calibrate import Calibration, calibrate
from audiotag.training.figures import at_threshold, expected_calibration_error, figures
from audiotag.training.predictions import Predictions
from audiotag.training.tracks import LabelledTracks, predicting

if TYPE_CHECKING:
    import keras
    import numpy as np

    from audiotag.training.recipe import Recipe


@dataclass(frozen=True)
class Design:
    """What a model is made for: its network, its mel windows, its genres."""

    spec: NetworkSpec
    frontend: FrontEnd
    genres: tuple[str, ...]


@dataclass(frozen=True)
class Provenance:
    """What the card says of where a model comes from. data: the archive. init: initial weights,
    or ''. Both by name and SHA-256. minutes: of training. history: of its epochs."""

    name: str
    data: str
    data_sha256: str
    init: str
    init_sha256: str
    recipe: Recipe
    minutes: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)


def export_model(
    network: keras.Model, design: Design, val: LabelledTracks, origin: Provenance, folder: Path
) -> ModelCard:
    """Write NAME.keras, NAME.onnx (16-bit weights) and NAME.json into `folder`.

    `network` is rounded to 16 bits; temperature, threshold and figures in the card are those
    of the rounded network on `val`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = {kind: folder / f"{origin.name}.{kind}" for kind in ("keras", "onnx")}
    save_network(network, design.spec, paths["keras"])
    export_onnx(network, paths["onnx"])
    answers = val.answers(predicting(network))
    found = calibrate(answers, val.labels, val.groups, origin.recipe.precision)
    card = ModelCard(
        folder=folder,
        name=origin.name,
        created=datetime.now(timezone.utc).date().isoformat(),
        genres=design.genres,
        frontend=design.frontend,
        network=design.spec.to_card(),
        files={kind: ModelFile(path.name, file_digest(path), "float16") for kind, path in paths.items()},
        temperature=found.temperature,
        threshold=found.threshold,
        training=_training(origin),
        figures=_figures(answers, val.labels, found),
    )
    write_card(card)
    return card


def _training(origin: Provenance) -> Mapping[str, Any]:
    import keras

    packages = ["audiotag", "numpy"]
    backend = keras.backend.backend()
    packages.append({"torch": "torch", "jax": "jax"}.get(backend, "tensorflow"))
    return {
        "data": origin.data,
        "data_sha256": origin.data_sha256,
        "init": origin.init,
        "init_sha256": origin.init_sha256,
        "recipe": origin.recipe.to_card(),
        "minutes": round(origin.minutes, 1),
        "history": origin.history,
        "versions": {"keras": keras.__version__, "backend": backend}
        | {package: version(package) for package in packages},
    }


def _figures(answers: Predictions, labels: np.ndarray, found: Calibration) -> Mapping[str, Any]:
    tracks = answers.mean(found.temperature)
    confidence, right = tracks.max(axis=1), tracks.argmax(axis=1) == labels
    precision, share = at_threshold(tracks, labels, found.threshold)
    return {
        "split": "val",
        **asdict(figures(tracks, labels)),
        "ece": expected_calibration_error(confidence, right),
        "precision_at_threshold": precision,
        "share_at_threshold": share,
        "cross_fitted": {
            "ece": found.ece,
            "precision_at_threshold": found.precision,
            "share_at_threshold": found.share,
        },
        "note": "windows averaged per track; temperature and threshold were chosen on the same tracks, "
        "but for those under cross_fitted, where each track is judged by what the other albums chose",
    }
