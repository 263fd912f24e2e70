"""Rows of a library, made up."""

from __future__ import annotations

import numpy as np

from audiotag.library.records import Status, StoredModel, StyleOutput, Track, TrackInfo

MODEL = StoredModel("made-up-1", ("Folk", "Pop", "Rock"), (0.5, 0.5, 0.5))
# One with styles, and with a genre that is not written by default.
STYLED = StoredModel(
    "styled-1",
    ("Electronic", "Instrumental", "Rock"),
    (0.5, None, 0.4),
    (
        StyleOutput("House", "Electronic", 0.3),
        StyleOutput("Chiptune", "Electronic", 0.6),
        StyleOutput("Punk", "Rock", 0.5),
    ),
)


def track(
    path: bytes,
    probabilities: list[float],
    model: StoredModel = MODEL,
    styles: list[float] | None = None,
) -> Track:
    """A file with a prediction."""
    return Track(
        path,
        1_000,
        5,
        "ok",
        TrackInfo("Ann", "First", "Song"),
        61.25,
        3,
        "all",
        "2030-01-01T00:00:00+00:00",
        model=model,
        probabilities=np.array(probabilities, np.float32),
        embedding=np.linspace(0, 3, 256, dtype=np.float32),
        styles=None if styles is None else np.array(styles, np.float32),
    )


def failed(path: bytes, kind: str = "decode", reason: str = "damaged") -> Track:
    """A file that could not be decoded."""
    status: Status = "too-short" if kind == "too-short" else "failed"
    return Track(
        path,
        1_000,
        5,
        status,
        TrackInfo(),
        None,
        0,
        "all",
        "2030-01-01T00:00:00+00:00",
        error_kind=kind,
        error=reason,
    )
