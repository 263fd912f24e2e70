"""A learnt model, made by hand."""

from __future__ import annotations

import numpy as np

from audiotag.model.calibration import Platt
from audiotag.model.card import GenreOutput
from audiotag.model.learnt import Embedding, LearntModel, Regression
from tests.helpers.half_tagged import MODEL

SIZE = 16


def model(identity: str = MODEL.identity, network: str | None = "resnet50") -> LearntModel:
    """Two genres by two numbers of the embedding, "none" by a third; and a genre of the network's."""
    slopes = np.zeros((3, SIZE), np.float32)
    slopes[[0, 1, 2], [0, 1, 2]] = 9
    outputs = (GenreOutput("Krautrock", Platt(1.5, -0.5), 0.6), GenreOutput("Bossa Nova", Platt(), None))
    return LearntModel(
        "mine", Embedding(identity, network, SIZE), outputs,
        Regression(slopes, np.zeros(3, np.float32), 2), (("Jazz", 0.5),),
        {"precision": 0.8}, {"tracks": 9}, {},
    )  # fmt: skip
