"""What is to be learnt of each clip, from collections that do not know the same things.

FMA's clips have one of eight genres and a VGGish embedding, GTZAN's one of ten genres, others
no genre but the answers of pretrained taggers. What is not known of a clip has no part in its loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from audiotag.training.archives.archive import MelArchive
from audiotag.training.archives.collections import Collection

VGGISH_SIZE = 128
_LEAST = 1e-4  # of a tagger's probability: 0 has no log odds
_FARTHEST = 4.0  # deviations from the mean; what is farther says nothing more


@dataclass(frozen=True)
class Targets:
    """Of n clips. genre (n, genres) float32: one-hot, or zeros without a label. possible (n, genres)
    float32: 1 where the clip's collection knows the genre. vggish (n, 128), tags (n, tags): mean 0 and
    deviation 1. has_vggish, has_tags (n,) float32: 0 where there are none."""

    genre: np.ndarray
    possible: np.ndarray
    vggish: np.ndarray
    has_vggish: np.ndarray
    tags: np.ndarray
    has_tags: np.ndarray

    def arrays(self) -> list[np.ndarray]:
        """All of them, in their order."""
        return [getattr(self, part.name) for part in fields(self)]

    def take(self, index: np.ndarray) -> Targets:
        """The targets at these positions."""
        return Targets(*(values[index] for values in self.arrays()))

    @property
    def known(self) -> tuple[str, ...]:
        """What is to be learnt: the genre, and what is known of at least one clip."""
        others = {"vggish": self.has_vggish, "tags": self.has_tags}
        return ("genre", *(name for name, has in others.items() if has.any()))

    def __len__(self) -> int:
        return len(self.genre)


@dataclass(frozen=True)
class TrainingSet:
    """Clips of several collections, one after another. mel (n, bands, columns) uint8; collection (n,)
    int: the number of its collection."""

    mel: np.ndarray
    collection: np.ndarray
    targets: Targets

    @classmethod
    def of(cls, collections: Sequence[Collection], genres: tuple[str, ...]) -> TrainingSet:
        """All clips of the collections. Raises ArchiveError for a genre that is not among `genres`."""
        parts = [_of_one(one.clips, genres) for one in collections]
        genre, possible, vggish, has_vggish = (
            np.concatenate([part[place] for part in parts]) for place in range(4)
        )
        tags, has_tags = standardised_tags([one.clips for one in collections])
        return cls(
            _together([one.clips.mel for one in collections]),
            np.concatenate([np.full(len(one.clips), number) for number, one in enumerate(collections)]),
            Targets(genre, possible, vggish, has_vggish, tags, has_tags),
        )

    def __len__(self) -> int:
        return len(self.mel)

    def take(self, index: np.ndarray) -> TrainingSet:
        """The clips at these positions."""
        return TrainingSet(self.mel[index], self.collection[index], self.targets.take(index))


def _together(mels: Sequence[np.ndarray]) -> np.ndarray:
    """Clips of several lengths as one array; silence follows the shorter ones, as in an archive."""
    columns = max(mel.shape[2] for mel in mels)
    return np.concatenate([np.pad(mel, ((0, 0), (0, 0), (0, columns - mel.shape[2]))) for mel in mels])


def _of_one(clips: MelArchive, genres: tuple[str, ...]) -> tuple[np.ndarray, ...]:
    """genre, possible, vggish, has_vggish."""
    labelled = np.flatnonzero(clips.genre != "")
    one_hot = np.zeros((len(clips), len(genres)), np.float32)
    one_hot[labelled, clips.take(labelled).labels(genres)] = 1
    possible = np.broadcast_to(one_hot.any(axis=0).astype(np.float32), one_hot.shape)
    return one_hot, possible, *standardised_vggish(clips)


def standardised_vggish(clips: MelArchive) -> tuple[np.ndarray, np.ndarray]:
    """(n, 128) float32 of mean 0 and deviation 1 a column, 0 where unknown; and (n,) 1 where known."""
    if clips.vggish is None:
        return np.zeros((len(clips), VGGISH_SIZE), np.float32), np.zeros(len(clips), np.float32)
    return _standardised(clips.vggish.astype(np.float64))


def standardised_tags(archives: Sequence[MelArchive]) -> tuple[np.ndarray, np.ndarray]:
    """The taggers' log odds of all archives, (n, tags) float32 of mean 0 and deviation 1 a tag, since
    they are not calibrated and their priors differ; and (n,) 1 where known.

    An archive without a tagger knows nothing of its tags.
    """
    names = tuple(dict.fromkeys(name for one in archives for name in one.tag_names))
    given = np.full((sum(len(one) for one in archives), len(names)), np.nan)
    start = 0
    for one in archives:
        if one.tags is not None:
            columns = [names.index(name) for name in one.tag_names]
            p = np.clip(one.tags.astype(np.float64), _LEAST, 1 - _LEAST)
            given[start : start + len(one), columns] = np.log(p / (1 - p))
        start += len(one)
    values, known = _standardised(given)
    return np.clip(values, -_FARTHEST, _FARTHEST), known if len(names) else np.zeros(len(given), np.float32)


def _standardised(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    known = np.asarray(np.isfinite(values).all(axis=1))
    if known.any():
        values = (values - values[known].mean(axis=0)) / (values[known].std(axis=0) + 1e-6)
    return np.where(known[:, None], values, 0.0).astype(np.float32), known.astype(np.float32)
