"""A trained network → the files of a model: Keras, ONNX and the card."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiotag.audio.frontend import FrontEnd
from audiotag.model.card import ModelCard, ModelFile, file_digest, write_card
from audiotag.model.keras_file import save_network
from audiotag.model.network import NetworkSpec
from audiotag.model.onnx_export import export_onnx
from audiotag.training.figures import threshold_for_precision

if TYPE_CHECKING:
    from audiotag.training.recipe import Recipe
    from audiotag.training.train import Trained


@dataclass(frozen=True)
class Provenance:
    """What the card says of where a model comes from. init: initial weights, or ''. data: the archive."""

    name: str
    data: str
    data_sha256: str
    init: str
    genres: tuple[str, ...]


def export_model(
    trained: Trained, spec: NetworkSpec, frontend: FrontEnd, recipe: Recipe, origin: Provenance, folder: Path
) -> ModelCard:
    """Write NAME.keras, NAME.onnx (16-bit weights) and NAME.json into `folder`."""
    import keras

    folder.mkdir(parents=True, exist_ok=True)
    paths = {kind: folder / f"{origin.name}.{kind}" for kind in ("keras", "onnx")}
    save_network(trained.network, spec, paths["keras"])
    export_onnx(trained.network, paths["onnx"])
    threshold, precision, share = threshold_for_precision(
        trained.probabilities, trained.labels, recipe.precision
    )
    training: dict[str, Any] = {
        "data": origin.data,
        "data_sha256": origin.data_sha256,
        "init": origin.init,
        "recipe": recipe.to_card(),
        "minutes": round(trained.minutes, 1),
        "versions": {"keras": keras.__version__, "backend": keras.backend.backend()}
        | {package: version(package) for package in ("audiotag", "numpy")},
    }
    figures = {
        "split": "val",
        **asdict(trained.figures),
        "at_threshold": {"precision": precision, "share_of_tracks": share},
        "note": "windows averaged per track; the threshold was chosen on the same tracks",
    }
    card = ModelCard(
        folder=folder,
        name=origin.name,
        created=datetime.now(timezone.utc).date().isoformat(),
        genres=origin.genres,
        frontend=frontend,
        network={"arch": "resnet50", "taps": list(spec.taps), "hidden": spec.hidden},
        files={kind: ModelFile(path.name, file_digest(path), "float16") for kind, path in paths.items()},
        threshold=threshold,
        training=training,
        figures=figures,
    )
    write_card(card)
    return card
