"""A small real model, made by code: the network of the shipped one on a tiny window."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

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

    from audiotag.model.network import NetworkSpec, build_network
    from audiotag.training.export import Design, Provenance, export_model
    from audiotag.training.recipe import Recipe
    from audiotag.training.tracks import LabelledTracks

    keras.utils.set_random_seed(7)
    spec = NetworkSpec(SMALL.bands, SMALL.frames, len(GENRES), taps=("conv3",), hidden=16)
    random = np.random.default_rng(7)
    windows = random.integers(0, 256, (40, SMALL.bands, SMALL.frames), np.uint8)
    val = LabelledTracks(windows, np.arange(40), random.integers(0, len(GENRES), 40), 100 * np.arange(40))
    origin = Provenance("made", "made.npz", "0" * 64, "", "", Recipe(taps=("conv3",)))
    export_model(build_network(spec), Design(spec, SMALL, GENRES), val, origin, folder)
    return MadeModel(folder / "made.json")
