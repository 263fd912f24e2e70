"""Cards and evaluations made by hand: no network, so that each figure can be told beforehand."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from audiotag.model.calibration import Platt
from audiotag.model.card import GenreOutput, ModelCard
from audiotag.model.engines import Outputs
from audiotag.training.archives.archive import MelArchive
from audiotag.training.evaluation.evaluate import Evaluation
from tests.helpers.models import SMALL

FIFTEEN = (
    "Blues", "Classical", "Country", "Disco", "Electronic", "Experimental", "Folk", "Hip-Hop",
    "Instrumental", "International", "Jazz", "Metal", "Pop", "Reggae", "Rock",
)  # fmt: skip


def made_card(outputs: tuple[GenreOutput, ...], folder: Path = Path()) -> ModelCard:
    """A card for windows of SMALL, without networks."""
    return ModelCard(
        folder=folder,
        name="made",
        created="",
        outputs=outputs,
        styles=(),
        collections={},
        frontend=SMALL,
        network={},
        files={},
        training={},
        figures={},
    )


# The first is written from a half on, the second never, the third from 0.3 on.
THREE = made_card(
    (GenreOutput("Folk", threshold=0.5), GenreOutput("Pop"), GenreOutput("Rock", threshold=0.3))
)
# Log odds are doubled: 0.8 becomes 16/17.
SURER = made_card(tuple(GenreOutput(genre, Platt(2.0, 0.0), 0.5) for genre in THREE.genres))


class ByLevel:
    """An engine that answers by the mean level of a window: loud is Rock, quiet Folk, both surely."""

    name, device = "made", "CPU"

    def predict(self, windows: np.ndarray) -> Outputs:
        loud = (windows.mean(axis=(1, 2)) > 128).astype(np.float32)
        folk, pop, rock = 0.8 - 0.6 * loud, np.full(len(loud), 0.1, np.float32), 0.2 + 0.6 * loud
        return Outputs(
            np.stack([folk, pop, rock], axis=1), np.zeros((len(loud), 1)), np.zeros((len(loud), 0))
        )


def clips(
    genres: list[str], levels: list[int], tracks: list[int], split: list[str] | None = None
) -> MelArchive:
    """A clip of one window a genre, all cells of one level but for the loudest band."""
    mel = np.stack([np.full((SMALL.bands, 48), level, np.uint8) for level in levels])
    mel[:, 0, :] = 255
    splits = np.array(split or ["test"] * len(genres))
    return MelArchive(mel, np.array(genres), splits, np.array(tracks), None, frontend=SMALL)


def random_evaluation(count: int = 900, own: tuple[str, ...] = FIFTEEN) -> Evaluation:
    """Tracks of `own` and the predictions of a model of fifteen genres that is right of half of them."""
    random = np.random.default_rng(3)
    positions = np.array([FIFTEEN.index(genre) for genre in own])
    labels = positions[random.integers(0, len(own), count)]
    logits = random.normal(-3, 1.2, (count, len(FIFTEEN)))
    logits[np.arange(count), labels] += 2.5
    # Each genre has two neighbours that it is easily taken for.
    for distance in (1, 2):
        logits[np.arange(count), (labels + distance) % len(FIFTEEN)] += 1.5 / distance
    thresholds: list[float | None] = [0.25 + 0.02 * i for i in range(len(FIFTEEN))]
    thresholds[5] = thresholds[12] = None
    return Evaluation(
        genres=FIFTEEN,
        thresholds=tuple(thresholds),
        own=own,
        probabilities=np.asarray(1 / (1 + np.exp(-logits)), np.float32),
        labels=labels,
        track_id=np.arange(count),
    )
