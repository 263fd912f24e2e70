"""A change carried out on the copy, and the proof that nothing else became another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from audiotag.errors import FileFault
from audiotag.tags.change import Change
from audiotag.tags.formats.draft import Draft
from audiotag.tags.formats.payload import payload_digest, recipes, sound_digest, sound_recipe
from audiotag.tags.formats.read import (
    AnyPath,
    TrackTags,
    meaning,
    open_regular,
    read_tags,
    reading,
    write_change,
    writing,
)
from audiotag.tags.formats.recipe import AlongDigest, Recipe
from audiotag.tags.formats.snapshot import Snapshot, snapshot_across_versions, snapshot_others
from audiotag.tags.formats.sound import is_same_sound
from audiotag.tags.safewrite import bytedelta
from audiotag.tags.safewrite.copy import TemporaryCopy
from audiotag.tags.safewrite.lay import lay_down, read_back
from audiotag.tags.safewrite.obstacles import refused
from audiotag.tags.safewrite.record import WriteOptions
from audiotag.text import printable


@dataclass(frozen=True)
class Pair:
    """A file and its copy. target: what the user calls it. path: where it lies, without links."""

    target: AnyPath
    path: bytes
    original: BinaryIO
    copy: TemporaryCopy


@dataclass(frozen=True)
class Written:
    """What was written and found to be as meant: the tags of the copy, and of its sound the digest
    (Record.payload); `shared` is that with its places in both files, None where it has none."""

    tags: TrackTags
    payload: bytes
    shared: bytedelta.Shared | None


def write_checked(pair: Pair, before: TrackTags, change: Change, options: WriteOptions) -> Written:
    """Write the copy and read it back; TagWriteError unless it is as meant and all else the same."""
    target, path, copy = pair.target, pair.path, pair.copy
    draft = Draft(pair.original)
    is_old_again, back = False, options.undo_of
    with writing(copy.path):
        if back is not None and back.delta is not None:
            is_old_again = bytedelta.apply(draft, back.delta)
    if not is_old_again:
        knows_sound = back is not None and (back.sound is not None or back.payload is not None)
        if back is not None and knows_sound and not is_same_sound(path, back.sound, back.payload):
            raise refused(target, "another recording lies there now")
        with writing(copy.path):
            write_change(draft, change)
    with reading(path):
        places = recipes(pair.original)
    known = back.delta if back is not None and is_old_again else None
    digest = _lay_down(pair, draft, known, options)
    tags = read_tags(copy.path)
    if meaning(tags.stored, tags.id3_version) != meaning(change.genres, tags.id3_version):
        raise refused(
            target, f"a test write gave the genre {'; '.join(tags.stored) or 'none'}; its tags may be damaged"
        )
    if not is_old_again and (tags.texts, tags.id3_version) != (
        {name: values for name, values in {**before.texts, **change.texts}.items() if values},
        version_after(before, change),
    ):
        raise refused(target, "a test write did not give the fields that were meant")
    payload, shared = _its_sound(pair, draft, places, digest)
    if not is_old_again:  # else it is, by its SHA-256, the very file that was
        _check_others(target, path, copy.path, before, tags)
    return Written(tags, payload, shared)


def _lay_down(
    pair: Pair, draft: Draft, known: bytes | None, options: WriteOptions
) -> tuple[Recipe, bytes] | None:
    """Write the copy and read all of it back; returns what its sound is made of, and the digest.

    known: the delta that the draft was made by, which may tell that. None where the sound is no
    matter of places. Raises TagWriteError unless the copy is what the draft says.
    """
    with writing(pair.copy.path):
        recipe = sound_recipe(draft)
    if recipe is not None and not recipe.is_in_order:
        recipe = None
    digest = None if recipe is None or known is None else bytedelta.known_sound(known, recipe)
    along = None if recipe is None or digest is not None else AlongDigest(recipe)
    source = pair.original.fileno()
    lay_down(draft, source, pair.copy.descriptor, options.stopped)
    with open_regular(pair.copy.path) as made:
        if not read_back(draft, source, made.fileno(), along, options.stopped):
            raise refused(pair.target, "its copy reads back otherwise than it was written; check the disk")
        # Told by what was written: the file itself may have been another for a moment.
        if known is not None and not bytedelta.is_given_back(made, known):
            raise refused(pair.target, "another program changed it meanwhile; scan again")
    if along is not None:
        digest = along.digest()
    return None if recipe is None or digest is None else (recipe, digest)


def _its_sound(
    pair: Pair,
    draft: Draft,
    places: tuple[Recipe | None, Recipe | None],
    told: tuple[Recipe, bytes] | None,
) -> tuple[bytes, bytedelta.Shared | None]:
    """TagWriteError unless the copy has the audio of the original; returns Written's digest and places.

    The copy has been found to be what the draft says, so audio that the draft only takes over need not
    be read again. places: the original's recipes. told: of what sound the draft is, and its digest.
    """
    with writing(pair.copy.path), open_regular(pair.copy.path) as made:
        (old_payload, old), (new_payload, new) = places, recipes(made)
    if not _takes_over(draft, old_payload, new_payload) and payload_digest(pair.copy.path) != payload_digest(
        pair.path
    ):
        raise refused(pair.target, "a test write changed its audio")
    if told is None or old is None or new is None:
        return sound_digest(pair.path), None
    recipe, digest = told
    if new.parts != recipe.parts or not _takes_over(draft, old, new):
        return sound_digest(pair.path), None
    return digest, bytedelta.Shared(old, new, digest)


def _takes_over(draft: Draft, old: Recipe | None, new: Recipe | None) -> bool:
    """Whether what the draft has for `new` is, byte for byte, what its file has for `old`."""
    if old is None or new is None or len(old.parts) != len(new.parts):
        return False
    return all(
        one == other
        if isinstance(one, bytes) or isinstance(other, bytes)
        else one[1] - one[0] == other[1] - other[0] and draft.origin(*other) == one[0]
        for one, other in zip(old.parts, new.parts, strict=True)
    )


def _check_others(target: AnyPath, path: bytes, copy: bytes, before: TrackTags, after: TrackTags) -> None:
    """TagWriteError unless all that a write must not change reads as before."""
    same_version = before.id3_version == after.id3_version
    snapshot = snapshot_others if same_version else snapshot_across_versions
    names = [(tags.artist, tags.album, tags.title) for tags in (before, after)]
    # ID3v2.3 has one text where 2.4 has several values, so there the first of them is another.
    if before.container != after.container or (same_version and names[0] != names[1]):
        raise refused(target, "a test write changed how its other tags are read")
    old: Snapshot = snapshot(path)
    new: Snapshot = snapshot(copy)
    if old != new:
        changed = sorted({name for name, _digest in set(old) ^ set(new)})
        raise refused(target, f"a test write changed other tags ({', '.join(changed) or 'their order'})")


@contextmanager
def faults_of(target: AnyPath, copy: bytes) -> Iterator[None]:
    """Turn faults of the copy, whose name says nothing to the user, into faults of `target`."""
    try:
        yield
    except FileFault as error:
        name = f"{printable(copy)}: "
        if not str(error).startswith(name):
            raise
        reason = str(error).removeprefix(name).rpartition("; ")[0]
        raise refused(target, f"a test write failed: {reason}") from error


def version_after(tags: TrackTags, change: Change) -> int | None:
    return tags.id3_version if change.id3_version is None or tags.id3_version is None else change.id3_version
