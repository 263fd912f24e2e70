"""Whether two tracks are the same recording: by the fingerprint of their sound, or by how near they sound.

The threshold was measured with the shipped model (resnet50 of November 2026). Cosines of eleven songs' first
90 s, each with itself in another form; the least, the median, and how many reach 0.95:

    FLAC, ALAC, mono, or at a quarter of the loudness   1.000   1.000   11 of 11
    MP3 at 320 kbit/s                                   1.000   1.000   11
    Vorbis                                              0.985   0.991   11
    MP3 at 128 kbit/s                                   0.982   0.994   11
    Opus at 96 kbit/s                                   0.979   0.993   11
    AAC at 128 kbit/s (FFmpeg's own)                    0.936   0.975   10
    trebles raised                                      0.956   0.985   11
    twice as loud, and clipped                          0.954   0.983   11
    compressed hard, as a loud remaster is              0.904   0.965    8
    0.4 s cut from its beginning                        0.930   0.957    6
    1 s of silence before it                            0.889   0.940    5
    MP3 at 64 kbit/s, which has no trebles              0.446   0.717    0

Cosines of different songs: of 2,217 clips of FMA-small, whole albums among them, 12 of 2,456,436 pairs reach
0.95 (0.9967 at least), and these are the data's known doubles; the next has 0.937, neighbours on one album,
and a thousand have over 0.69. Of Emotify's 226 songs by 70 artists, as means of two clips, two pairs reach
it, both of them one piece under two names; the next has 0.885. So nothing was called the same that was not,
and that without a look at the durations. Not measured: whole albums of whole songs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from audiotag.library.embeddings import Stored, unit_vectors
from audiotag.library.records import Track

COSINE = 0.95
# Encoders add up to a tenth of a second, other albums other ends; two songs are seldom so equally long.
SECONDS = 1.0

# Rows of an answer at a time, so that a table of all pairs is never there.
_BLOCK = 256

# Of `tracks`: what a comparison needs besides the embedding.
SOUND_COLUMNS = ("path", "duration", "fingerprint")

How = Literal["same sound", "sounds the same"]


class Twin(NamedTuple):
    """The same recording elsewhere. "same sound": by its fingerprint, which is a proof; "sounds the same":
    another encoding, or on another album, which is a conclusion."""

    path: bytes
    how: How


@dataclass(frozen=True)
class Sounds:
    """Tracks as they are compared. durations: (n,) seconds, NaN where unknown. vectors: (n, size) of length
    1; those without a direction are NaN."""

    paths: Sequence[bytes]
    durations: np.ndarray
    fingerprints: Sequence[bytes | None]
    vectors: np.ndarray

    @classmethod
    def of(cls, tracks: Sequence[Track], size: int) -> Sounds:
        """Of tracks with embeddings of that size."""
        halves = [np.zeros(size) if track.embedding is None else track.embedding for track in tracks]
        return cls(
            [track.path for track in tracks],
            np.array([track.duration for track in tracks], float),
            [track.fingerprint for track in tracks],
            _directions(np.reshape(halves, (len(tracks), size))),
        )

    @classmethod
    def of_stored(cls, stored: Stored) -> Sounds:
        """Of rows read with SOUND_COLUMNS."""
        paths, durations, fingerprints = stored.more
        return cls(paths, np.array(durations, float), fingerprints, _directions(stored.halves))


def twins(some: Sounds, others: Sounds) -> list[Twin | None]:
    """Of each of `some`, one of `others` that is the same recording; None where there is none."""
    return list(_twins(some, others, earlier=False))


def earlier_twins(sounds: Sounds) -> list[Twin | None]:
    """The same within one list, where only those before it count for a track."""
    return list(_twins(sounds, sounds, earlier=True))


def _twins(some: Sounds, others: Sounds, earlier: bool) -> Iterator[Twin | None]:
    prints: dict[bytes, int] = {}
    for number, mark in enumerate(others.fingerprints):
        if mark is not None:
            prints.setdefault(mark, number)
    for start in range(0, len(some.paths), _BLOCK):
        block = slice(start, start + _BLOCK)
        cosines = some.vectors[block] @ others.vectors.T
        for number, row in enumerate(sound_the_same(cosines, some.durations[block], others.durations), start):
            last = number if earlier else len(others.paths)
            mark = some.fingerprints[number]
            same = last if mark is None else prints.get(mark, last)
            if same < last:
                yield Twin(others.paths[same], "same sound")
            elif row[:last].any():
                yield Twin(others.paths[int(row[:last].argmax())], "sounds the same")
            else:
                yield None


def sound_the_same(cosines: np.ndarray, some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(n, m) cosines and the durations (n,), (m,) → (n, m) bool."""
    same: np.ndarray = (cosines >= COSINE) & (np.abs(some[:, None] - others) <= SECONDS)
    return same


def _directions(vectors: np.ndarray) -> np.ndarray:
    unit, whole = unit_vectors(vectors)
    unit[~whole] = np.nan
    return unit
