"""One structure put to the test: written, read by others, undone; or refused in plain words."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import mutagen
from mutagen import id3

from audiotag.errors import FileFault
from audiotag.library.records import Judged
from audiotag.library.store import Store
from audiotag.tags.change import Change
from audiotag.tags.formats.read import read_tags
from audiotag.tags.policy import Own, Policy, Prediction, Rules, decide
from audiotag.tags.safewrite.journal import Journal, Origin
from audiotag.tags.safewrite.record import WriteOptions
from audiotag.tags.safewrite.session import WritingSession
from audiotag.tags.undo import plan_undo, undo
from tests.corpus.places import fits_id3v1, genres_by_place
from tests.corpus.readers import Shown, parts, show, sound_from, sound_of
from tests.corpus.structure import Structure

_JUMP = 0.3  # seconds
FIRST = ("Hip-Hop",)
PREDICTED = Prediction(Judged("Hip-Hop", 0.9, 0.5))
# ID3v1 has no number for it, and it is no ASCII.
SECOND = ("International", "Ünïcode ♫")
_ILLEGIBLE = "\ufffd"
_ID3V1_LENGTH = 30
# What stands for "no genre" in many collections.
_PLACEHOLDERS = frozenset(
    {"unknown", "other", "misc", "genre", "<unknown>", "none", "255", "(255)", "unknown genre", "0"}
)
# FFmpeg takes the first of the values in an ID3v2.4 frame, and the last in ASF; these places
# hold a single text.
_READERS_OF_ONE, _PLACES_OF_ONE = ("FFmpeg",), ("ID3v1", "INFO")
# Words that a programmer understands and a listener does not.
_NOT_IN_WORDS = re.compile(
    r"b'|b\"|0x|\\x|\w+Error|unpack|subsection|expected|index out|substring|struct\b|NoneType|object has"
    r"|codec can't|Traceback|\[Errno|^error\b|read full|file said|chunk data size|chunk ID|object size"
)


@dataclass(frozen=True)
class Outcome:
    """What became of a structure. reason: that of a refusal, without the file's name."""

    verdict: Literal["written", "refused", "WRONG"]
    reason: str = ""
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Before:
    """A file before a write: its bytes, what is shown of it and its sound."""

    data: bytes
    shown: Mapping[str, Shown]
    places: Mapping[str, tuple[str, ...]]
    sound: str
    jump: str


def examine(structure: Structure, folder: Path, store: Store) -> Outcome:
    """Build it in `folder`, which is empty, and try all that a write and an undo promise."""
    path = folder / structure.file_name
    path.write_bytes(structure.build())
    before = _Before(
        path.read_bytes(), show(path), genres_by_place(path), sound_of(path), sound_from(path, _JUMP)
    )
    try:
        tags = read_tags(path)
        run = _write(store, path, FIRST)
    except FileFault as fault:
        return _refused(structure, path, before, str(fault))
    faults: list[str] = []
    try:
        faults += _decisions(tags.genres, before, path)
        faults += _after(structure, path, before, FIRST)
        faults += _undone_whole(store, run, path, before)
        if path.read_bytes() == before.data:
            faults += _second_round(structure, store, path, before)
    except FileFault as fault:
        faults.append(f"cannot be read any more: {fault}")
    if os.listdir(folder) != [path.name]:
        faults.append(f"left in the folder: {os.listdir(folder)}")
    return Outcome("WRONG", faults=tuple(faults)) if faults else Outcome("written")


def _write(store: Store, path: Path, genres: tuple[str, ...]) -> int:
    """One run of `tag` that writes these genres; its number."""
    tags = read_tags(path)
    with WritingSession(store, "tag") as session:
        options = WriteOptions(expected=tags.stored)
        session.write(os.fsencode(path), Change(genres), options, Origin(tags.genres))
    assert session.run is not None
    return session.run


def _undo(store: Store, number: int) -> list[str]:
    """`undo --run`: what kept it from putting back everything."""
    run = Journal(store).run(number)
    assert run is not None
    faults = []
    with WritingSession(store, "undo", run.id) as session:
        for planned in plan_undo(store, run, ()):
            if planned.action == "keep":
                faults.append(f"undo keeps it: {planned.fault or planned.reason}")
                continue
            try:
                undo(session, planned, WriteOptions())
            except FileFault as fault:
                faults.append(f"undo is refused: {fault}")
    return faults


def _refused(structure: Structure, path: Path, before: _Before, message: str) -> Outcome:
    faults = []
    name, _, reason = message.partition(": ")
    if not name.endswith(path.name):
        faults.append(f"the message does not name the file: {message}")
    if "\n" in message or _NOT_IN_WORDS.search(reason):
        faults.append(f"not in a user's words: {reason}")
    if structure.expect == "refused" and not re.search(structure.says, reason):
        faults.append(f"the reason does not say {structure.says!r}: {reason}")
    if path.read_bytes() != before.data:
        faults.append("refused, and changed")
    if os.listdir(path.parent) != [path.name]:
        faults.append(f"left in the folder: {os.listdir(path.parent)}")
    return Outcome("WRONG" if faults else "refused", reason, tuple(faults))


def _decisions(genres: tuple[str, ...], before: _Before, path: Path) -> Iterator[str]:
    """A genre that somebody sees is the user's: `fill` must know of it."""
    seen = _real(genre for shown in before.shown.values() for genre in parts(shown.genres))
    there = _real(genre for found in before.places.values() for genre in parts(found))
    decision = decide(genres, [PREDICTED], Rules(Policy.FILL))
    if seen and decision.action == "write":
        yield f"fill overwrites {sorted(seen)}"
    if not seen and not there and decision.action == "keep":
        yield f"fill keeps a file without a genre: {decision.reason}"
    now = read_tags(path).genres
    if decide(now, [PREDICTED], Rules(Policy.FILL), Own(now)).reason != "already so":
        yield f"fill would write it again over {now}"
    if decide(now, [PREDICTED], Rules(Policy.APPEND)).action == "write":
        yield f"append would write it again beside {now}"


def _real(genres: Iterable[str]) -> set[str]:
    return {genre for genre in genres if genre.casefold() not in _PLACEHOLDERS}


def _after(structure: Structure, path: Path, before: _Before, genres: tuple[str, ...]) -> Iterator[str]:
    """What is not as it must be after a write."""
    now, wanted = show(path), parts(genres)
    for name, was in before.shown.items():
        if name not in now:
            yield f"{name} cannot read it any more"
            continue
        if name not in structure.misread_by:
            yield from _lost(name, was, now[name])
        got = parts(now[name].genres)
        is_unseen = name in structure.unseen_by and not got and not was.genres
        is_one = name in _READERS_OF_ONE and got and got < wanted
        is_unseen |= name in structure.by_id3v1 and not got and not fits_id3v1(genres[0])
        if got != wanted and not is_unseen and not is_one:
            yield f"{name} shows the genre {sorted(got)} instead of {sorted(wanted)}"
    for place, found in genres_by_place(path).items():
        is_first = place.startswith(_PLACES_OF_ONE) and parts(found) == parts(genres[:1])
        if parts(found) != wanted and not is_first:
            yield f"its {place} says {found}"
    if read_tags(path).genres != genres:
        yield f"read back as {read_tags(path).genres}"
    if before.sound and sound_of(path) != before.sound:
        yield f"sounds otherwise: {before.sound} → {sound_of(path)}"
    if structure.container == "mp4" and sound_from(path, _JUMP) != before.jump:
        yield f"a jump leads elsewhere: {before.jump} → {sound_from(path, _JUMP)}"
    yield from _missing(structure.kept, path.read_bytes())


def _lost(name: str, was: Shown, now: Shown) -> Iterator[str]:
    for key, value in was.fields.items():
        if _ILLEGIBLE in value or value in ("", "['']"):
            continue  # there was nothing to be read before either
        if key not in now.fields:
            yield f"{name} does not show {key} any more ({value[:60]})"
        elif not _is_same_text(value, now.fields[key]):
            yield f"{name} shows {key} as {now.fields[key][:60]} instead of {value[:60]}"


def _is_same_text(was: str, now: str) -> bool:
    """Whether a text is the same, or now whole where ID3v1 had room for its beginning alone."""
    bare = was.removeprefix("['").removesuffix("']")
    is_cut = len(bare) == _ID3V1_LENGTH and now.removeprefix("['").startswith(bare)
    return now == was or is_cut


def _missing(kept: tuple[bytes, ...], data: bytes) -> Iterator[str]:
    position = 0
    for piece in kept:
        found = data.find(piece, position)
        if found < 0:
            yield f"{len(piece)} bytes that begin with {piece[:12]!r} are not as they were"
            return
        position = found + len(piece)


def _undone_whole(store: Store, run: int, path: Path, before: _Before) -> Iterator[str]:
    yield from _undo(store, run)
    if path.read_bytes() != before.data:
        yield "undo does not give every byte back"


def _second_round(structure: Structure, store: Store, path: Path, before: _Before) -> Iterator[str]:
    """Other genres; then another program edits another tag, and the genre alone is undone."""
    tags = read_tags(path)
    try:
        run = _write(store, path, SECOND)
    except FileFault as fault:
        yield f"writes {FIRST} and refuses {SECOND}: {fault}"
        return
    yield from (f"{fault} (two genres)" for fault in _after(structure, path, before, SECOND))
    container, mutagens = read_tags(path).container, show(path).get("mutagen")
    if mutagens is None or parts(mutagens.genres) != parts(SECOND):
        return  # the other program does not see this tag
    if not _edited(path) or read_tags(path).genres != SECOND or read_tags(path).container != container:
        return  # or it cannot write this file, or puts a tag of another kind on it
    yield from _undo(store, run)
    now = read_tags(path)
    # It may come back where all look for it, if the other program has removed its old place.
    if now.stored not in (tags.stored, tags.genres):
        yield f"undone after an edit: the genre is {now.stored} instead of {tags.stored}"
    yield from _not_back(before, show(path))
    if now.title != "Edited":
        yield f"undone after an edit: the title is {now.title!r}"


def _not_back(before: _Before, now: Mapping[str, Shown]) -> Iterator[str]:
    """Readers that show neither the genre that they showed before nor one that stood elsewhere in it."""
    shown = (one.genres for one in before.shown.values() if one.genres)
    known = {parts(genres) for genres in (*shown, *before.places.values())}
    for name, was in before.shown.items():
        got = parts(now[name].genres) if name in now else frozenset()
        is_legible = not any(_ILLEGIBLE in genre for genre in was.genres)
        is_one = name in _READERS_OF_ONE and any(got < other for other in known if got)
        if is_legible and got != parts(was.genres) and got not in known and not is_one:
            yield f"undone after an edit: {name} shows {sorted(got)} instead of {was.genres}"


def _edited(path: Path) -> bool:
    """Whether mutagen could give it another title."""
    try:
        audio: Any = mutagen.File(path)
        if audio is None:
            return False
        if audio.tags is None:
            audio.add_tags()
        _set_title(audio.tags)
        audio.save()
    except Exception:  # whatever a damaged file brings out of it
        return False
    return read_tags(path).title == "Edited"


def _set_title(tags: Any) -> None:
    setters: dict[bool, Callable[[], None]] = {
        True: lambda: tags.setall("TIT2", [id3.TIT2(encoding=3, text=["Edited"])]),
        False: lambda: tags.__setitem__("\xa9nam" if "MP4" in type(tags).__name__ else "Title", ["Edited"]),
    }
    setters[isinstance(tags, id3.ID3)]()
