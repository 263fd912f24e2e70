"""All that is known of one file: what the library says, what the file says, and what is heard in it now."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Literal

from audiotag.audio.child import Allowance, DecodeLimits, ask_child
from audiotag.discovery.sameness import How
from audiotag.discovery.seeds import find_seeds
from audiotag.discovery.similar import Alike, Wish, similar
from audiotag.errors import AudiotagError, DecodeError, TagReadError, in_words
from audiotag.library.bounds import stamp
from audiotag.library.embeddings import latest_space
from audiotag.library.records import Track
from audiotag.library.store import Store
from audiotag.library.walk import FoundFile
from audiotag.model.card import ModelCard
from audiotag.model.learnt import LearntModel
from audiotag.pipeline.extract import ExtractJob
from audiotag.pipeline.over_time import HeardOnce, hear_over_time, track_of
from audiotag.pipeline.predict import PredictOptions
from audiotag.tags.formats.read import read_tags
from audiotag.tags.formats.sound import fingerprint
from audiotag.tags.history import PastWrite, history
from audiotag.tags.plan import Planned, TagOptions, plan
from audiotag.text import printable

# What the file is to what the library heard; retagged: its sound is the same.
FileState = Literal["new", "unchanged", "retagged", "changed", "gone"]
# A decoder that did not come to its end once is not waited for again.
_NOT_AGAIN = ("timeout", "crash", "memory", "killed", "unforeseen")
_TAG_LIMITS = DecodeLimits(seconds=30.0)
_MOST_COPIES = 100


@dataclass(frozen=True)
class FileTags:
    """What a file's tags say now; fault: why they could not be read."""

    container: str = ""
    genres: tuple[str, ...] = ()
    artist: str = ""
    album: str = ""
    title: str = ""
    year: int | None = None
    fault: str = ""


@dataclass(frozen=True)
class Sheet:
    """track: as the library has it, or else as it was heard now; None where neither is. tags: as the file
    has them now. planned: what `tag` would write. neighbours: the nearest tracks; why_alone: why there are
    none. copies: the same recording elsewhere. heard: over time; None where nobody listened, why_not_heard
    says why."""

    path: bytes
    in_library: bool
    state: FileState
    track: Track | None
    tags: FileTags | None = None
    planned: Planned | None = None
    past: Sequence[PastWrite] = ()
    neighbours: Sequence[Alike] = ()
    why_alone: str = ""
    copies: Sequence[tuple[bytes, How]] = ()
    heard: HeardOnce | None = None
    why_not_heard: str = ""


@dataclass(frozen=True)
class Look:
    """How a file is looked at. card: the model that listens; options: how. listen: whether it is heard at
    all. tag: what `tag` is asked for. nearest: how many neighbours. learnt: judges what the library does not
    know; what it does, is as the store sees it (model/seen.py)."""

    card: ModelCard
    options: PredictOptions
    tag: TagOptions
    listen: bool = True
    nearest: int = 10
    learnt: LearntModel | None = None


def sheet_of(store: Store | None, path: bytes, look: Look) -> Sheet:
    """All of one file, by its absolute path; `store` is None where there is no library. Files are only read,
    and nothing is stored.

    Raises AudiotagError where there is no such file, nor any in the library; EngineError and ModelError when
    the model cannot run.
    """
    track = None if store is None else store.track(path)
    found = _found(path, known=track is not None)
    job = None if found is None else ExtractJob(found, fingerprint(path))
    state = _state(track, job)
    tags = None if found is None else _tags_of(path)  # before any thread of an engine is there
    why_not = _why_not_heard(track, state, look)
    heard = None if job is None or why_not else hear_over_time(job, look.card, look.options)
    shown = track
    if track is None and job is not None and heard is not None:
        shown = track_of(job, heard, look.card, datetime.now(timezone.utc).isoformat(timespec="seconds"))
        shown = shown if look.learnt is None else look.learnt.judge(shown)
    sheet = Sheet(path, track is not None, state, shown, tags, heard=heard, why_not_heard=why_not)
    if store is None:
        return sheet
    mark = job.fingerprint if job is not None else None if track is None else track.fingerprint
    return _with_library(store, sheet, look, mark)


def _with_library(store: Store, sheet: Sheet, look: Look, mark: bytes | None) -> Sheet:
    """mark: the fingerprint of what lies there now, or of what lay there last."""
    neighbours, why_alone = _neighbours(store, sheet, look.nearest)
    planned = None
    if sheet.in_library and sheet.state != "gone":
        every = (one for one in plan(store, [sheet.path], look.tag) if one.path == sheet.path)
        planned = next(every, None)
    return replace(
        sheet,
        planned=planned,
        past=history(store, sheet.path),
        neighbours=neighbours,
        why_alone=why_alone,
        copies=_copies(store, sheet, neighbours, mark),
    )


def _found(path: bytes, known: bool) -> FoundFile | None:
    """None for a file that is gone, but that the library knows."""
    try:
        info = os.stat(path)
    except OSError as fault:
        if known:
            return None
        if isinstance(fault, (FileNotFoundError, NotADirectoryError)):
            raise AudiotagError(f"{printable(path)}: no such file, nor is it in the library") from fault
        raise AudiotagError(f"{printable(path)}: {in_words(fault)}; nor is it in the library") from fault
    if not os.path.isfile(path):
        if known:
            return None
        raise AudiotagError(f"{printable(path)}: is no file; name one, or see 'audiotag report PATH'")
    return FoundFile(path, info.st_size, info.st_mtime_ns)


def _state(track: Track | None, job: ExtractJob | None) -> FileState:
    if job is None:
        return "gone"
    if track is None:
        return "new"
    info = os.stat(track.path)
    if stamp(info) == (track.size, track.mtime_ns):
        return "unchanged"
    is_same = track.fingerprint is not None and track.fingerprint == job.fingerprint
    return "retagged" if is_same else "changed"


def _why_not_heard(track: Track | None, state: FileState, look: Look) -> str:
    if state == "gone":
        return "it is not there"
    if not look.listen:
        return "nobody asked to"
    if track is not None and state == "unchanged" and track.error_kind in _NOT_AGAIN:
        return f"it was tried before: {track.error}"
    return ""


def _tags_of(path: bytes) -> FileTags:
    """Read in a process of its own: over a damaged file it may take for ever."""

    def read() -> dict[str, object]:
        try:
            tags = read_tags(path)
        except (TagReadError, OSError) as fault:
            return {"fault": str(fault)}
        texts = {"artist": tags.artist, "album": tags.album, "title": tags.title, "year": tags.year}
        return {"container": tags.container, "genres": tags.genres, **texts}

    try:
        answer = ask_child(read, Allowance.from_now(_TAG_LIMITS))
    except DecodeError as fault:
        return FileTags(fault=str(fault))
    return FileTags(**answer | {"genres": tuple(answer.get("genres", ()))})


def _neighbours(store: Store, sheet: Sheet, count: int) -> tuple[list[Alike], str]:
    """The nearest, or why there are none."""
    track, space = sheet.track, latest_space(store)
    if space is None:
        return [], "nothing in the library can be compared yet"
    if not sheet.in_library:
        if track is None or track.model is None:
            return [], "it was not heard"
        if track.model.identity != space.model.identity:
            return [], f"the library was heard by another model, {space.model.identity}"
    try:
        seeds = find_seeds(store, space, [sheet.path], lambda paths: [] if track is None else [track])
    except AudiotagError as fault:
        return [], str(fault).removeprefix(f"{printable(sheet.path)}: ")
    found = similar(store, space, seeds, Wish(count))
    if (
        sheet.state == "changed"
    ):  # they are near to what lay there before, and none is a twin of what does now
        found = [replace(one, twin=None) if _is_twin_of(one, sheet) else one for one in found]
    return found, ""


def _is_twin_of(alike: Alike, sheet: Sheet) -> bool:
    return alike.twin is not None and alike.twin.path == sheet.path


def _copies(
    store: Store, sheet: Sheet, neighbours: Sequence[Alike], mark: bytes | None
) -> list[tuple[bytes, How]]:
    """The same recording elsewhere in the library, as far as it is there: the same sound, by its fingerprint
    `mark`, or what sounds the same. What has no sound at all is no recording."""
    found: dict[bytes, How] = {}
    if mark is not None:
        query = (
            "SELECT path FROM tracks WHERE fingerprint = ? AND path <> ? AND NOT missing "
            "AND status <> 'failed' ORDER BY path LIMIT ?"
        )
        found = {path: "same sound" for (path,) in store.execute(query, (mark, sheet.path, _MOST_COPIES))}
    for near in neighbours:
        if near.twin is not None and _is_twin_of(near, sheet):
            found.setdefault(near.track.path, near.twin.how)
    return list(found.items())
