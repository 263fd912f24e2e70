"""A change carried out on the copy, and the proof that nothing else became another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from audiotag.errors import FileFault
from audiotag.tags.change import Change
from audiotag.tags.formats.containers import CONTAINERS
from audiotag.tags.formats.payload import payload_digest, sound_digest
from audiotag.tags.formats.read import AnyPath, TrackTags, meaning, read_tags, write_change
from audiotag.tags.formats.snapshot import Snapshot, snapshot_across_versions, snapshot_others
from audiotag.tags.formats.sound import is_same_sound
from audiotag.tags.safewrite import bytedelta
from audiotag.tags.safewrite.copy import TemporaryCopy
from audiotag.tags.safewrite.obstacles import refused
from audiotag.tags.safewrite.record import WriteOptions
from audiotag.text import printable


def write_checked(
    target: AnyPath,
    path: bytes,
    copy: TemporaryCopy,
    before: TrackTags,
    change: Change,
    options: WriteOptions,
) -> tuple[TrackTags, bytes]:
    """Write the copy and read it back; TagWriteError unless it is as meant and all else the same.

    Returns its tags and the digest of its sound.
    """
    is_old_again, back = False, options.undo_of
    if back is not None and back.delta is not None:
        with open(copy.path, "r+b") as file:
            is_old_again = bytedelta.apply(file, back.delta)
    if not is_old_again:
        knows_sound = back is not None and (back.sound is not None or back.payload is not None)
        if back is not None and knows_sound and not is_same_sound(path, back.sound, back.payload):
            raise refused(target, "another recording lies there now")
        write_change(copy.path, change)
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
    payload = payload_digest(path)
    if payload_digest(copy.path) != payload:
        raise refused(target, "a test write changed its audio")
    if not is_old_again:  # else it is, by its SHA-256, the very file that was
        _check_others(target, path, copy.path, before, tags)
    return tags, payload if CONTAINERS[tags.container].hash_sound is None else sound_digest(path)


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
