"""A row of the library's tables, and the record that it stands for."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np

from audiotag.library.records import KnownTags, StoredModel, StyleOutput, Track, TrackInfo

# Of `tracks`, in the order of the functions below.
TRACK_COLUMNS = (
    "path, size, mtime_ns, status, error_kind, error, artist, album, title, duration, "
    "windows, windows_asked, model, scanned_at, missing, probabilities, embedding, fingerprint, "
    "tags_state, tags, styles, year"
)
# Of `models`.
MODEL_COLUMNS = "identity, genres, thresholds, styles"
# Tags that name no year; NULL is for those that nobody has asked for one, see schema.py.
_NO_YEAR = 0
# More than this is damage or mischief, and not kept: the file is then read whenever it is asked for.
_LONGEST_TAGS = 1 << 16


def track_row(track: Track, model: int | None) -> tuple[object, ...]:
    """The values of TRACK_COLUMNS. model: the number of its model's row."""
    return (
        track.path, track.size, track.mtime_ns, track.status, track.error_kind, track.error,
        track.info.artist, track.info.album, track.info.title, track.duration,
        track.windows, track.windows_asked, model, track.scanned_at, track.missing,
        _blob(track.probabilities, "<f4"), _blob(track.embedding, "<f2"), track.fingerprint,
        *tag_columns(track.info.tags), _blob(track.styles, "<f2"), track.info.year or _NO_YEAR,
    )  # fmt: skip


def track_of(row: tuple[Any, ...], model_of_number: Callable[[int], StoredModel]) -> Track:
    """The reverse of `track_row`."""
    (path, size, mtime_ns, status, kind, error, artist, album, title, duration,
     windows, asked, model, scanned_at, missing, probabilities, embedding, mark,
     tags_state, tags, styles, year) = row  # fmt: skip
    info = TrackInfo(artist, album, title, _known_tags(tags_state, tags), year or None)
    return Track(
        path, size, mtime_ns, status, info, duration,
        windows, asked, scanned_at,
        error_kind=kind,
        error=error,
        model=None if model is None else model_of_number(model),
        probabilities=None if probabilities is None else np.frombuffer(probabilities, "<f4"),
        embedding=_halves(embedding),
        missing=bool(missing),
        fingerprint=mark,
        styles=_halves(styles),
    )  # fmt: skip


def model_row(model: StoredModel) -> tuple[object, ...]:
    """The values of MODEL_COLUMNS."""
    styles = [(style.name, style.parent, style.threshold) for style in model.styles]
    texts = (json.dumps(values, ensure_ascii=False) for values in (model.genres, model.thresholds, styles))
    return model.identity, *texts


def model_of(row: tuple[Any, ...]) -> StoredModel:
    """The reverse of `model_row`."""
    genres, thresholds, styles = map(json.loads, row[1:])
    each = tuple(StyleOutput(*style) for style in styles)
    return StoredModel(row[0], tuple(genres), tuple(thresholds), each)


def tag_columns(tags: KnownTags | None) -> tuple[str | None, str | None]:
    """The values of `tags_state` and `tags`."""
    text = None if tags is None else tags.to_json()
    return (None, None) if tags is None or text is None or len(text) > _LONGEST_TAGS else (tags.state, text)


def _known_tags(state: str | None, text: str | None) -> KnownTags | None:
    return None if state is None or text is None else KnownTags.from_json(state, text)


def _blob(values: np.ndarray | None, dtype: str) -> bytes | None:
    return None if values is None else values.astype(dtype).tobytes()


def _halves(blob: bytes | None) -> np.ndarray | None:
    """float32 of what is kept in 16 bits."""
    return None if blob is None else np.frombuffer(blob, "<f2").astype(np.float32)
