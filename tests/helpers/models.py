"""A small real model, made by code: the network of the shipped one on a tiny window."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from audiotag.audio.frontend import FrontEnd

GENRES = ("Folk", "Pop", "Rock")

# Windows of 1.2 s with 40 bands and 48 frames: small enough for a test to train on.
SMALL = FrontEnd(22_050, 2048, 512, 40, 0.0, 11_025.0, 52, 40, 48, 80.0)


@dataclass(frozen=True)
class MadeModel:
    """A model's card file, beside which its networks lie."""

    card_file: Path
    genres: tuple[str, ...] = GENRES


def make_model(folder: Path) -> MadeModel:
    """Random weights: what it says means nothing, but it says the same every time."""
    import keras

    from audiotag.model.calibration import Platt
    from audiotag.model.card import GenreOutput, ModelCard, ModelFile, file_digest, write_card
    from audiotag.model.network import NetworkSpec, build_network
    from audiotag.model.onnx_export import export_onnx

    keras.utils.set_random_seed(7)
    spec = NetworkSpec(SMALL.bands, SMALL.frames, len(GENRES), taps=("conv3",), hidden=16)
    export_onnx(build_network(spec), folder / "made.onnx")
    files = {"onnx": ModelFile("made.onnx", file_digest(folder / "made.onnx"), "float16")}
    outputs = tuple(GenreOutput(genre, Platt(1.5, 0.1), 0.5) for genre in GENRES)
    collections = {"made.npz": GENRES}
    write_card(
        ModelCard(
            folder, "made", "2030-01-01", outputs, (), collections, SMALL, spec.to_card(), files, {}, {}
        )
    )
    return MadeModel(folder / "made.json")
