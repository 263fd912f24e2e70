"""The same recording more than once in a library.

First by the fingerprints of the sound: a copy, however it is called and tagged. Then, of each sound once, by
what the model heard (pairs.py). A group is one recording and those that sound the same as it.

It takes about 400 bytes a track. Tracks that the model does not tell apart from many others
are no duplicates, and are counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from audiotag.discovery.pairs import Compared, stars
from audiotag.discovery.sameness import How
from audiotag.discovery.similar import tracks_of
from audiotag.discovery.sketch import sketch_all
from audiotag.discovery.sound_rows import SoundRows, read_sounds
from audiotag.library.embeddings import latest_space
from audiotag.library.records import Track
from audiotag.library.store import Store


@dataclass(frozen=True)
class Copy:
    """A track of a group. how, similarity: to the group's first track, which has neither itself; the cosine
    is None for the same sound, too."""

    track: Track
    how: How | None = None
    similarity: float | None = None


@dataclass(frozen=True)
class Duplicates:
    """groups: one recording each, in the order of their first tracks' paths; they are looked up as they are
    taken. crowded: so many tracks sound the same as more than pairs.CROWD others."""

    groups: Iterator[tuple[Copy, ...]]
    crowded: int = 0


def duplicates(store: Store, under: Sequence[bytes] = ()) -> Duplicates:
    """Of the tracks at or below the absolute paths `under`, or all; without files that are gone.

    Raises StoreError.
    """
    tracks, space = read_sounds(store, under), latest_space(store)
    if space is None:
        return Duplicates(_groups(store, tracks, {}))
    firsts = tracks.firsts()
    sketches, known = sketch_all(store, space, tracks.rows[firsts])
    order = np.lexsort((tracks.place[firsts], tracks.durations[firsts]))
    order = order[known[order]]
    numbers = firsts[order]
    compared = Compared(store, space, tracks.rows[numbers], tracks.durations[numbers], sketches[order])
    pairs, crowded = compared.pairs()
    alike = {
        int(numbers[middle]): {int(numbers[other]): cosine for other, cosine in others.items()}
        for middle, others in stars(pairs, tracks.place[numbers]).items()
    }
    return Duplicates(_groups(store, tracks, alike), crowded)


def _groups(
    store: Store, tracks: SoundRows, alike: dict[int, dict[int, float]]
) -> Iterator[tuple[Copy, ...]]:
    """With every copy of each sound. alike: by the number of a group's first sound, the others and their
    cosines."""
    among = {sound for others in alike.values() for sound in others}
    leaders = [lead for lead in tracks.copied_sounds() if lead not in among]
    for lead in sorted({*leaders, *alike}, key=lambda number: int(tracks.place[number])):
        members: list[tuple[int, How | None, float | None]] = [
            (number, "same sound", None) for number in tracks.copies(lead)
        ]
        for sound, cosine in alike.get(lead, {}).items():
            members += [(number, "sounds the same", cosine) for number in tracks.copies(sound)]
        members[1:] = sorted(members[1:], key=lambda one: int(tracks.place[one[0]]))
        members[0] = (lead, None, None)
        found = tracks_of(store, tracks.rows[[number for number, _, _ in members]])
        copies = [(found.get(int(tracks.rows[number])), how, near) for number, how, near in members]
        there = tuple(Copy(track, how, near) for track, how, near in copies if track is not None)
        if len(there) > 1:
            yield there
