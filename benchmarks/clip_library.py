"""Clips of mel archives as the rows of a library, as a scan of their sound would have made them.

No file is there: paths are made up, tags are what a benchmark says.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from audiotag.library.records import KnownTags, StoredModel, Track, TrackInfo
from audiotag.library.store import Store

if TYPE_CHECKING:
    from audiotag.model.card import ModelCard
    from audiotag.model.engines import Engine
    from audiotag.training.archives.archive import MelArchive

_CLIPS_AN_ARTIST = 10


@dataclass(frozen=True)
class Heard:
    """A track of an archive: its id, genre and artist there, and what the network `model` makes of it."""

    number: int
    genre: str
    artist: str
    model: StoredModel
    probabilities: np.ndarray
    embedding: np.ndarray

    @property
    def path(self) -> bytes:
        return f"/music/{self.artist}/{self.number:06d}.flac".encode()

    def tagged(self, *genres: str) -> Track:
        """Its row, with these genres in the file."""
        tags = KnownTags("made up", "FLAC", genres, genres)
        return Track(
            self.path, 1, 1, "ok", TrackInfo(self.artist, "", str(self.number), tags), 30.0, 1, "all",
            "2030-01-01T00:00:00+00:00",
            model=self.model, probabilities=self.probabilities, embedding=self.embedding,
        )  # fmt: skip


def heard(collection: str, clips: MelArchive, card: ModelCard, engine: Engine) -> list[Heard]:
    """What a scan would make of the tracks. An artist is an album of the archive; where that knows none, each
    track being alone, ten neighbouring ones of a genre are an artist."""
    from audiotag.training.archives.tracks import LabelledTracks

    genres = clips.genres
    tracks = LabelledTracks.of(clips, genres, card.frontend.frames)
    said = engine.predict(tracks.windows)
    probabilities = card.calibrated(tracks.mean(lambda _: said.probabilities), tracks.counts)
    embedding = tracks.mean(lambda _: said.embedding).astype(np.float32)
    alone = len(np.unique(tracks.groups)) == len(tracks.groups)
    albums = tracks.track_id // _CLIPS_AN_ARTIST if alone else tracks.groups
    model = StoredModel(card.identity, card.genres, card.thresholds)
    rows = zip(tracks.track_id.tolist(), tracks.labels.tolist(), albums.tolist(), strict=True)
    return [
        Heard(number, genres[label], f"{collection} {album}", model, probabilities[at], embedding[at])
        for at, (number, label, album) in enumerate(rows)
    ]


def fill(db: Path, tracks: Iterable[Track]) -> None:
    """A library of these; written as one, for time's sake."""
    with Store(db, write=True) as store:
        store.execute("BEGIN")
        for track in tracks:
            store.put(track)
        store.execute("COMMIT")
