"""All that a model is trained on: collections of clips, each with what it knows of them.

A collection with genres and a `val` teaches the trunk, and is judged on its `val`. One with genres and
no `val` (a few songs, say) teaches the experts alone (outputs/experts.py), and is judged by leaving its
artists out in turn: the trunk has heard none of them. One without genres teaches what else is known of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from audiotag.errors import ArchiveError
from audiotag.text import printable
from audiotag.training.archives.archive import MelArchive
from audiotag.training.archives.collections import Collection
from audiotag.training.archives.styles import Styles
from audiotag.training.learning.targets import TrainingSet

_SCANTY = 100  # clips
_STYLED = 0.5  # of a collection's tracks


@dataclass(frozen=True)
class Corpus:
    """collections: their names differ. styles: of the clips of some of them, or None."""

    collections: tuple[Collection, ...]
    styles: Styles | None = None

    def __post_init__(self) -> None:
        for one in self.collections:
            if "train" not in one.clips.split:
                raise ArchiveError(f"{printable(one.name)}: no clips in a split 'train' to learn from")
        if not any(is_judged_apart(one) for one in self.known):
            raise ArchiveError("no archive has clips with a genre in a split 'val' to judge the network by")
        for one in self.known:
            new = sorted(set(_labelled(one.clips, "val")) - set(_labelled(one.clips, "train")))
            if new:
                raise ArchiveError(
                    f"{printable(one.name)}: val has genres that train lacks: {', '.join(new)}"
                )

    @cached_property
    def known(self) -> tuple[Collection, ...]:
        """The collections whose `train` has genres."""
        return tuple(one for one in self.collections if len(_labelled(one.clips, "train")))

    @cached_property
    def genres(self) -> tuple[str, ...]:
        """Of all collections, sorted: what `train` does not have is not learnt, whatever `val` holds."""
        return tuple(sorted(set().union(*self.vocabulary.values())))

    @property
    def possible(self) -> np.ndarray:
        """(known collections, genres) bool: which genres each knows."""
        return np.array([[genre in own for genre in self.genres] for own in self.vocabulary.values()])

    @cached_property
    def vocabulary(self) -> dict[str, tuple[str, ...]]:
        """Of each known collection its genres."""
        return {
            one.name: tuple(sorted({str(genre) for genre in _labelled(one.clips, "train")}))
            for one in self.known
        }

    @property
    def styled(self) -> int:
        """The number of the known collection that the styles are of, who know most of its tracks; or -1."""
        styles = self.styles
        if styles is None:
            return -1
        shares = [float(styles.known(one.clips.track_id).mean()) for one in self.known]
        # Numbers of another collection's songs coincide with some.
        return int(np.argmax(shares)) if max(shares) >= _STYLED else -1

    @property
    def scanty(self) -> list[str]:
        """Known collections without `val` that are small: clips that another archive has too, perhaps."""
        return [one.name for one in self.known if not is_judged_apart(one) and len(one.clips) < _SCANTY]

    @property
    def first(self) -> MelArchive:
        """The clips that say what a window is; all others must be like them."""
        return self.collections[0].clips

    def learnt(self) -> TrainingSet:
        """What the trunk learns from."""
        taught = [one for one in self.collections if one not in self.known or is_judged_apart(one)]
        chosen = [Collection(one.name, one.clips.select("train")) for one in taught]
        return TrainingSet.of(chosen, self.genres)


def is_judged_apart(collection: Collection) -> bool:
    """Whether it has a `val`, clips with a genre there."""
    return len(_labelled(collection.clips, "val")) > 0


def labelled_clips(clips: MelArchive, split: str) -> MelArchive:
    """The clips of a split that have a genre."""
    return clips.take(np.flatnonzero((clips.split == split) & (clips.genre != "")))


def _labelled(clips: MelArchive, split: str) -> np.ndarray:
    """The genres of the clips of a split that have one."""
    return np.asarray(clips.genre[(clips.split == split) & (clips.genre != "")])
