"""Genres into files: the library's predictions and the files' tags → a plan → safe writes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from audiotag.errors import FileFault, UnreadableError
from audiotag.library.bounds import stamp
from audiotag.library.records import KnownTags, Track
from audiotag.library.store import Store
from audiotag.tags.change import MODEL_TEXT, PROBABILITIES_TEXT, Change, Texts
from audiotag.tags.formats.read import TrackTags, meaning, read_tags
from audiotag.tags.formats.sound import fingerprint
from audiotag.tags.genremap import GenreMap
from audiotag.tags.known import known_tags, state_of, tags_in_library
from audiotag.tags.policy import Decision, Own, Prediction, Rules, decide, mapped
from audiotag.tags.safewrite.group import Job
from audiotag.tags.safewrite.journal import Journal, Origin
from audiotag.tags.safewrite.record import WriteOptions, WriteResult
from audiotag.tags.safewrite.rehearsal import rehearse
from audiotag.tags.safewrite.session import WritingSession
from audiotag.tags.written_files import WrittenFiles
from audiotag.text import printable

_PAGE = 500
# Kinds of fault (errors.KINDS) whose files are left closed.
_HARMFUL = ("timeout", "crash", "memory", "killed", "unforeseen")
CHANGED_SINCE = "changed since it was scanned; scan again"


@dataclass(frozen=True)
class TagOptions:
    """rules: how to decide. keep_mtime: a written file keeps its modification time.
    break_hardlinks: write files that have other names too.
    change_owner: write files of other owners too, who then own them no more.
    provenance: write model and probabilities beside the genre. id3_version: 3 or 4 for the
    ID3 tags of the files that are written, None keeps each as it is."""

    rules: Rules
    keep_mtime: bool = False
    break_hardlinks: bool = False
    provenance: bool = False
    id3_version: int | None = None
    change_owner: bool = False


@dataclass(frozen=True)
class Planned:
    """What should become of one file, or the fault that keeps it from being read or written.

    stored: the genre field as the file has it; a write insists on finding it so.
    texts: audiotag's own fields to write. origin: what the journal notes of a write.
    genre_known: False where nobody has read the file's genre, so that the decision's is none.
    detail: why there is no prediction. sound: the fingerprint of a file that is to be written, if it
    was taken.
    """

    path: bytes
    decision: Decision
    stored: tuple[str, ...] = ()
    texts: Texts = field(default_factory=dict)
    origin: Origin = field(default_factory=Origin)
    fault: FileFault | None = None
    genre_known: bool = True
    detail: str = ""
    sound: bytes | None = None


def plan(
    store: Store,
    under: Sequence[bytes],
    options: TagOptions,
    will_write: bool = False,
    before: Callable[[Track], None] | None = None,
) -> Iterator[Planned]:
    """Decide on every track at or below the absolute paths `under`, or on all.

    Files are only read, and a file whose tags the library knows, and that has not changed since,
    is not even opened to be left alone. will_write: the caller carries the plan out, with a
    library opened for writing, which then learns the tags that had to be read; else each write
    is rehearsed, and one that would be refused has the fault. Files that are gone are passed over.
    before: called with each track before it is looked at.
    """
    known = _Known(store)
    with _Reader(store, will_write) as reader:
        for track in store.tracks(under):
            if before is not None:
                before(track)
            if not track.missing and os.path.lexists(track.path) and not os.path.isdir(track.path):
                planned = _plan_one(track, known, reader, options)
                yield planned if will_write else _rehearsed(planned, options)


def _rehearsed(planned: Planned, options: TagOptions) -> Planned:
    if planned.decision.action == "write" and planned.fault is None:
        try:
            change = _change(planned, options)
            rehearse(planned.path, change, options.break_hardlinks, options.change_owner)
        except FileFault as fault:
            return replace(planned, fault=fault)
    return planned


def write(session: WritingSession, planned: Planned, options: TagOptions) -> WriteResult:
    """Carry out one planned write; the library learns the file's new size and time.

    Raises TagReadError or TagWriteError, the file then being as it was.
    """
    job = _job(planned, options)
    return session.write(job.path, job.change, job.options, job.origin)


def tag_all(
    session: WritingSession, store: Store, under: Sequence[bytes], options: TagOptions
) -> Iterator[tuple[Planned, FileFault | None]]:
    """Plan and write every track at or below the absolute paths `under`, or all, several at a time.

    Each comes in its turn, with the fault for which it was not written. Whatever ends this, each file
    is as it was or wholly written.
    """

    def job_of(planned: Planned) -> Job | None:
        is_wanted = planned.fault is None and planned.decision.action == "write"
        return _job(planned, options) if is_wanted else None

    def before(track: Track) -> None:
        """A sound is judged when no other file with it is being written: the journal tells them apart."""
        if session.is_idle:
            return
        sound = track.fingerprint
        with suppress(OSError):
            if stamp(os.stat(track.path)) != (track.size, track.mtime_ns):
                sound = None  # it is not known what lies there now
        session.settle_for(track.path, sound)

    planned_ones = plan(store, under, options, will_write=True, before=before)
    for planned, outcome in session.carry_out(planned_ones, job_of):
        yield planned, outcome if isinstance(outcome, FileFault) else planned.fault


def _job(planned: Planned, options: TagOptions) -> Job:
    wanted = WriteOptions(
        keep_mtime=options.keep_mtime,
        break_hardlinks=options.break_hardlinks,
        change_owner=options.change_owner,
        expected=planned.stored,
    )
    return Job(planned.path, _change(planned, options), wanted, planned.origin, planned.sound)


def _change(planned: Planned, options: TagOptions) -> Change:
    return Change(planned.decision.new, planned.texts, options.id3_version)


class _Reader:
    """Tags of files, from the library where it knows them; `learn`: it is told what was read."""

    def __init__(self, store: Store, learn: bool) -> None:
        self._store, self._learn = store, learn
        self._learnt: list[tuple[bytes, KnownTags]] = []

    def __enter__(self) -> _Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self._tell()

    def read(self, track: Track, info: os.stat_result) -> TrackTags:
        """Raises TagReadError, OSError."""
        state = state_of(info)
        tags = tags_in_library(track, state)
        if tags is None:
            tags = read_tags(track.path)
            if self._learn and state_of(os.stat(track.path)) == state:
                self._learnt.append((track.path, known_tags(tags, state)))
                if len(self._learnt) >= _PAGE:
                    self._tell()
        return tags

    def _tell(self) -> None:
        if self._learnt:
            self._store.set_tags(self._learnt)
            self._learnt = []


def _without_prediction(track: Track, reader: _Reader) -> Planned:
    """Nothing can be written; but what genre the file has is said as it is."""
    genres: tuple[str, ...] | None = None
    with suppress(FileFault, OSError):
        info = os.stat(track.path)
        if track.error_kind in _HARMFUL:
            # What kills or hangs a decoder is not opened for the sake of a line.
            known = tags_in_library(track, state_of(info))
            genres = None if known is None else known.genres
        else:
            genres = reader.read(track, info).genres
    decision = Decision("keep", genres or (), genres or (), None, "no prediction")
    return Planned(track.path, decision, genre_known=genres is not None, detail=track.error or track.status)


def _plan_one(track: Track, known: _Known, reader: _Reader, options: TagOptions) -> Planned:
    if track.model is None:
        return _without_prediction(track, reader)
    try:
        info = os.stat(track.path)
        tags = reader.read(track, info)
    except FileFault as fault:
        return Planned(track.path, Decision("keep", (), (), None, "failed"), fault=fault)
    except OSError as fault:
        reason = UnreadableError(f"{printable(track.path)}: {fault.strerror or fault}")
        return Planned(track.path, Decision("keep", (), (), None, "failed"), fault=reason)
    own = known.own(track, info, tags)
    decision = decided(track, tags.genres, tags.id3_version, options, own)
    texts = _provenance(track) if options.provenance or tags.texts else {}
    if own is not None and decision.reason == "already so" and options.provenance and tags.texts != texts:
        decision = replace(decision, action="write", reason="provenance")
    if decision.action == "write" and stamp(info) != (track.size, track.mtime_ns):
        # What was heard may not be what is there now.
        decision = replace(decision, action="keep", new=decision.old, reason=CHANGED_SINCE)
    if decision.action == "write" and track.fingerprint not in (None, fingerprint(track.path)):
        # Another file, of the same size and time.
        decision = replace(decision, action="keep", new=decision.old, reason=CHANGED_SINCE)
    found = tags.genres if own is None else own.found
    sound = track.fingerprint if decision.action == "write" else None
    return Planned(track.path, decision, tags.stored, texts, Origin(found, track.model), sound=sound)


def decided(
    track: Track, genres: Sequence[str], id3_version: int | None, options: TagOptions, own: Own | None
) -> Decision:
    """What becomes of a track whose file has these genres. id3_version: of its tags, None for other kinds."""
    styles = track.styles_by_genre() if options.rules.styles else {}
    predicted = [Prediction(genre, styles.get(genre.name, ())) for genre in track.judged()]
    rules = replace(options.rules, genre_map=_as_read_back(predicted, id3_version, options))
    return decide(genres, predicted, rules, own)


def _as_read_back(predicted: Sequence[Prediction], version: int | None, options: TagOptions) -> GenreMap:
    """What the map makes of each genre and style, as the file's kind of tag will give it back.

    ID3v2.3 parts genres at "/": planned as one, "Old-Time / Historic" would come back as two and
    seem another genre in every later run.
    """
    if version is not None:
        version = options.id3_version or version
    names = [one.name for genre, styles in predicted for one in (genre, *styles)]
    return {name.casefold(): meaning(mapped(name, options.rules.genre_map), version) for name in names}


class _Known:
    """What the journal knows of the files."""

    def __init__(self, store: Store) -> None:
        self._journal, self._files = Journal(store), WrittenFiles(store)

    def own(self, track: Track, info: os.stat_result, tags: TrackTags) -> Own | None:
        """What audiotag wrote into a track's file, if the genre is still as it wrote it."""
        if not tags.stored:
            return None
        is_as_scanned = stamp(info) == (track.size, track.mtime_ns)
        sound = track.fingerprint if is_as_scanned else None
        file = self._files.owner(track.path, sound or fingerprint(track.path))
        written = None if file is None else self._journal.wrote(file.number, tags.stored)
        return None if written is None else Own(tags.genres, written.found)


def _provenance(track: Track) -> Texts:
    """The model and its probabilities, the most probable first, as texts for the tags."""
    model = "" if track.model is None else track.model.identity
    ranked = sorted(track.ranked(), key=lambda pair: -pair[1])
    probabilities = "; ".join(f"{genre} {probability:.4f}" for genre, probability in ranked)
    return {MODEL_TEXT: (model,), PROBABILITIES_TEXT: (probabilities,)}
