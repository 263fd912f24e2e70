"""Genres into files: the library's predictions and the files' tags → a plan → safe writes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from audiotag.errors import FileFault, UnreadableError
from audiotag.library.records import Track
from audiotag.library.store import Store
from audiotag.names import printable
from audiotag.tags.change import MODEL_TEXT, PROBABILITIES_TEXT, Change, Texts
from audiotag.tags.formats import TrackTags, meaning, read_tags
from audiotag.tags.genremap import GenreMap
from audiotag.tags.journal import Journal, Origin
from audiotag.tags.policy import Decision, Own, Rules, decide, mapped
from audiotag.tags.session import WritingSession
from audiotag.tags.writer import WriteOptions, WriteResult

CHANGED_SINCE = "changed since it was scanned; scan again"


@dataclass(frozen=True)
class TagOptions:
    """rules: how to decide; its min_confidence counts only when `own_threshold` is set,
    else the threshold of the model that heard the track does. keep_mtime: a written file
    keeps its modification time. break_hardlinks: write files that have other names too.
    change_owner: write files of other owners too, who then own them no more.
    provenance: write model and probabilities beside the genre. id3_version: 3 or 4 for the
    ID3 tags of the files that are written, None keeps each as it is."""

    rules: Rules
    own_threshold: bool = False
    keep_mtime: bool = False
    break_hardlinks: bool = False
    provenance: bool = False
    id3_version: int | None = None
    change_owner: bool = False


@dataclass(frozen=True)
class Planned:
    """What should become of one file, or the fault that kept its tags from being read.

    stored: the genre field as the file has it; a write insists on finding it so.
    texts: audiotag's own fields to write. origin: what the journal notes of a write.
    """

    path: bytes
    decision: Decision
    stored: tuple[str, ...] = ()
    texts: Texts = field(default_factory=dict)
    origin: Origin = field(default_factory=Origin)
    fault: FileFault | None = None


def plan(store: Store, under: Sequence[bytes], options: TagOptions) -> Iterator[Planned]:
    """Decide on every track at or below the absolute paths `under`, or on all.

    Files are only read. Files that are gone are passed over.
    """
    journal = Journal(store)
    for track in store.tracks(under):
        if not track.missing and os.path.lexists(track.path):
            yield _plan_one(track, journal, options)


def write(session: WritingSession, planned: Planned, options: TagOptions) -> WriteResult:
    """Carry out one planned write; the library learns the file's new size and time.

    Raises TagReadError or TagWriteError, the file then being as it was.
    """
    change = Change(planned.decision.new, planned.texts, options.id3_version)
    wanted = WriteOptions(
        keep_mtime=options.keep_mtime,
        break_hardlinks=options.break_hardlinks,
        change_owner=options.change_owner,
        expected=planned.stored,
    )
    return session.write(planned.path, change, wanted, planned.origin)


def _plan_one(track: Track, journal: Journal, options: TagOptions) -> Planned:
    if track.model is None:
        # Nothing could be written, so a file that failed in the scan is not opened again.
        return Planned(track.path, Decision("keep", (), (), None, "no prediction"))
    try:
        tags = read_tags(track.path)
        info = os.stat(track.path)
    except FileFault as fault:
        return Planned(track.path, Decision("keep", (), (), None, "failed"), fault=fault)
    except OSError as fault:
        reason = UnreadableError(f"{printable(track.path)}: {fault.strerror or fault}")
        return Planned(track.path, Decision("keep", (), (), None, "failed"), fault=reason)
    rules = options.rules
    if not options.own_threshold:
        rules = replace(rules, min_confidence=track.model.threshold)
    rules = replace(rules, genre_map=_as_read_back(track, rules, tags, options))
    own = _own(journal, track.path, tags)
    decision = decide(tags.genres, track.ranked(), rules, own)
    texts = _provenance(track) if options.provenance or tags.texts else {}
    if own is not None and decision.reason == "already so" and options.provenance and tags.texts != texts:
        decision = replace(decision, action="write", reason="provenance")
    if decision.action == "write" and (info.st_size, info.st_mtime_ns) != (track.size, track.mtime_ns):
        # What was heard may not be what is there now.
        decision = replace(decision, action="keep", new=decision.old, reason=CHANGED_SINCE)
    found = tags.genres if own is None else own.found
    return Planned(track.path, decision, tags.stored, texts, Origin(found, track.model))


def _as_read_back(track: Track, rules: Rules, tags: TrackTags, options: TagOptions) -> GenreMap:
    """What the map makes of each genre, as the file's kind of tag will give it back.

    ID3v2.3 parts genres at "/": planned as one, "Old-Time / Historic" would come back as two and
    seem another genre in every later run.
    """
    version = tags.id3_version
    if version is not None:
        version = options.id3_version or version
    genres = [genre for genre, _probability in track.ranked()]
    return {genre.casefold(): meaning(mapped(genre, rules.genre_map), version) for genre in genres}


def _own(journal: Journal, path: bytes, tags: TrackTags) -> Own | None:
    """What audiotag wrote there, if the genre is still as it wrote it."""
    written = journal.wrote(path, tags.stored) if tags.stored else None
    return None if written is None else Own(tags.genres, written.found)


def _provenance(track: Track) -> Texts:
    """The model and its probabilities, the most probable first, as texts for the tags."""
    model = "" if track.model is None else track.model.identity
    probabilities = "; ".join(f"{genre} {probability:.4f}" for genre, probability in track.ranked())
    return {MODEL_TEXT: (model,), PROBABILITIES_TEXT: (probabilities,)}
