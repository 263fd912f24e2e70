"""The genre field of every container: each declared once, in CONTAINERS.

Reading goes through mutagen. Writing goes through the modules beside this one, which exchange
the bytes of the genre and leave all others alone; so what reads a file back after a write is not
what wrote it. `guard` is the one place where foreign exceptions become this program's own.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from mutagen import MutagenError
from mutagen.aiff import AIFF
from mutagen.apev2 import APENoHeaderError, APEv2
from mutagen.asf import ASF
from mutagen.flac import FLAC
from mutagen.id3 import TCON
from mutagen.monkeysaudio import MonkeysAudio
from mutagen.mp3 import MP3, HeaderNotFoundError
from mutagen.mp4 import MP4
from mutagen.musepack import Musepack
from mutagen.oggopus import OggOpus
from mutagen.oggspeex import OggSpeex
from mutagen.oggvorbis import OggVorbis
from mutagen.trueaudio import TrueAudio
from mutagen.wave import WAVE
from mutagen.wavpack import WavPack

from audiotag.errors import AudiotagError, TagReadError, TagWriteError
from audiotag.names import printable
from audiotag.tags import ape, asf, flac, id3, mp4, ogg, riff

AnyPath = bytes | str | Path


@dataclass(frozen=True)
class Keys:
    """What a kind of tag calls the four fields that are read."""

    genre: str
    artist: str
    album: str
    title: str


ID3 = Keys("TCON", "TPE1", "TALB", "TIT2")
VORBIS = Keys("genre", "artist", "album", "title")
MP4_ATOMS = Keys("\xa9gen", "\xa9ART", "\xa9alb", "\xa9nam")
ASF_NAMES = Keys("WM/Genre", "Author", "WM/AlbumTitle", "Title")
APE = Keys("Genre", "Artist", "Album", "Title")


@dataclass(frozen=True)
class Container:
    """One kind of file: its suffixes, who reads it, what its fields are called, who writes it."""

    name: str
    suffixes: tuple[str, ...]
    open: Callable[..., Any]
    keys: Keys
    write: Callable[[BinaryIO, Sequence[str]], None]


def _open_tta_with_apev2(file: BinaryIO) -> Any:
    audio: Any = TrueAudio(file)
    audio.tags = APEv2(file)
    return audio


CONTAINERS = {
    container.name: container
    for container in (
        Container("mp3", (".mp3",), MP3, ID3, id3.write_head),
        Container("tta", (".tta",), TrueAudio, ID3, id3.write_head),
        # Where there is an APEv2 tag and no ID3v2 tag, many readers would not look at a new one.
        Container("tta-apev2", (), _open_tta_with_apev2, APE, ape.write_tail),
        Container("wav", (".wav", ".wave"), WAVE, ID3, riff.write),
        Container("aiff", (".aiff", ".aif", ".aifc"), AIFF, ID3, riff.write),
        Container("flac", (".flac",), FLAC, VORBIS, flac.write),
        Container("vorbis", (".ogg", ".oga"), OggVorbis, VORBIS, ogg.write),
        Container("opus", (".opus",), OggOpus, VORBIS, ogg.write),
        Container("speex", (".spx",), OggSpeex, VORBIS, ogg.write),
        Container("mp4", (".m4a", ".mp4", ".m4b"), MP4, MP4_ATOMS, mp4.write),
        Container("asf", (".wma", ".asf"), ASF, ASF_NAMES, asf.write),
        Container("ape", (".ape",), MonkeysAudio, APE, ape.write_tail),
        Container("wavpack", (".wv",), WavPack, APE, ape.write_tail),
        Container("musepack", (".mpc", ".mp+", ".mpp"), Musepack, APE, ape.write_tail),
    )
}

EXTENSIONS: frozenset[str] = frozenset(
    suffix for container in CONTAINERS.values() for suffix in container.suffixes
)

# What a file begins with, after an ID3v2 tag if there is one. The names of files are not asked:
# a FLAC file called .mp3 is tagged as what it is.
_MARKS = {
    b"fLaC": "flac",
    b"TTA": "tta",
    b"MAC ": "ape",
    b"wvpk": "wavpack",
    b"MPCK": "musepack",
    b"MP+": "musepack",
    asf.HEADER: "asf",
}
_FORMS = {(b"RIFF", b"WAVE"): "wav", (b"FORM", b"AIFF"): "aiff", (b"FORM", b"AIFC"): "aiff"}
_OGG_STREAMS = {b"\x01vorbis": "vorbis", b"OpusHead": "opus", b"Speex   ": "speex"}

_NOT_AUDIO = "no audio format that can be tagged was recognised in it"

_ADVICE = {
    errno.EINVAL: "only regular files have tags",
    errno.ENOSPC: "make room on the disk",
    errno.EDQUOT: "make room in your quota",
    errno.EACCES: "check the permissions of the file and its folder",
    errno.EPERM: "check the permissions of the file and its folder, and for an immutable attribute",
    errno.EROFS: "the file system is mounted read-only",
    errno.ENOENT: "it was moved or deleted meanwhile; scan again",
}


@dataclass(frozen=True)
class TrackTags:
    """What the tags of a file say.

    `genres` is what a listener would call the genre: coded ones ("(17)", "RX") as what they
    mean, taken from an older tag in the file if the main one has none. `stored` is the field
    that `write_genres` exchanges, exactly as it stands there: written back it is an undo.
    `id3_version` is 2, 3 or 4 for containers with ID3 tags (4 where a tag would be new).
    `duration` is in seconds, None where the file does not say.
    """

    container: str
    genres: tuple[str, ...]
    stored: tuple[str, ...]
    artist: str
    album: str
    title: str
    duration: float | None
    id3_version: int | None = None


@contextmanager
def guard(path: AnyPath, fault: type[AudiotagError], advice: str) -> Iterator[None]:
    """Turn every foreign exception into `fault` with the file's name, why, and what to do."""
    try:
        yield
    except AudiotagError:
        raise
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        raise fault(f"{printable(path)}: {reason}; {_ADVICE.get(error.errno or 0, advice)}") from error
    # Damaged files bring nearly every exception there is out of mutagen, MemoryError and
    # RecursionError among them; a file must never end the run.
    except Exception as error:
        reason = printable(str(error)[:200]) or type(error).__name__
        if not isinstance(error, (MutagenError, ValueError)):
            reason = f"{type(error).__name__}: {reason}"
        raise fault(f"{printable(path)}: {reason}; {advice}") from error


def reading(path: AnyPath) -> AbstractContextManager[None]:
    """The guard for reading tags: faults become TagReadError."""
    return guard(path, TagReadError, "the file may be damaged: play it, or repair its tags")


def writing(path: AnyPath) -> AbstractContextManager[None]:
    """The guard for writing tags: faults become TagWriteError."""
    return guard(path, TagWriteError, "the file is as it was")


def open_regular(path: AnyPath) -> BinaryIO:
    """Open a file for reading; OSError for a folder, pipe or device, which is never waited for."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file")
    return os.fdopen(descriptor, "rb")


def identify(file: BinaryIO) -> str:
    """The container of an open file by its content, a key of CONTAINERS.

    What begins like nothing known is tried as an MP3, which may begin with anything. Ogg files
    that hold other streams than Vorbis, Opus and Speex raise ValueError.
    """
    file.seek(id3.length_at(file))
    head = file.read(16)
    if head.startswith(b"OggS"):
        for page in ogg.pages(file):
            stream = ogg.stream_of(page)
            if stream is not None:
                return _OGG_STREAMS[stream]
            if not page.first:
                break
        raise ValueError("an Ogg file without Vorbis, Opus or Speex; its tags are not supported")
    if head[4:8] == b"ftyp":
        return "mp4"
    name = _FORMS.get((head[:4], head[8:12]))
    name = name or next((name for mark, name in _MARKS.items() if head.startswith(mark)), "mp3")
    has_ape = name == "tta" and any(block.kind == "ape" for block in ape.blocks_at_end(file))
    return "tta-apev2" if has_ape and not id3.length_at(file) else name


def read_tags(path: AnyPath) -> TrackTags:
    """Read genre, artist, album, title and duration; the file is only read.

    Raises TagReadError where the file cannot be opened or is none of the known containers.
    """
    with reading(path), open_regular(path) as file:
        name = identify(file)
        container = CONTAINERS[name]
        if container.keys is ID3:
            return _read_id3(container, file)
        file.seek(0)
        audio = container.open(file)
        stored = _texts(audio.tags, container.keys.genre)
        artist, album, title = _names(audio.tags, container.keys)
        return TrackTags(name, _without_empty(stored), stored, artist, album, title, _duration(audio.info))


def write_genres(path: AnyPath, genres: Sequence[str]) -> None:
    """Write `genres` into the file itself, and nothing else; none removes the field.

    Not safe against a crash: only ever called on the copy that `writer.safe_write` makes.
    Raises TagWriteError, after which the file may be half written.
    """
    with writing(path):
        if any("\0" in genre for genre in genres):
            raise ValueError("a genre must not contain a null character")
        with open_regular(path) as file:
            name = identify(file)
        with open(path, "r+b") as file:
            CONTAINERS[name].write(file, [genre for genre in genres if genre])


def meaning(texts: Sequence[str], id3_version: int | None = None) -> tuple[str, ...]:
    """What genre texts mean where they are stored: in ID3 codes are resolved.

    Up to ID3v2.3 a field holds one text, and "/" parts the values in it.
    """
    if id3_version is None:
        return _without_empty(texts)
    parts = texts if id3_version == 4 else [part for text in texts for part in text.split("/")]
    frame = TCON(encoding=3, text=list(parts))
    return _without_empty(frame.genres)


def _read_id3(container: Container, file: BinaryIO) -> TrackTags:
    file.seek(0)
    # Untranslated: 2.3 frames are not turned into 2.4 ones, and ID3v1 is looked at apart.
    try:
        audio = container.open(file, translate=False, load_v1=False)
    except HeaderNotFoundError:
        raise ValueError(_NOT_AUDIO) from None
    if getattr(audio.info, "sketchy", False):
        raise ValueError(_NOT_AUDIO)
    version = 4 if audio.tags is None else audio.tags.version[1]
    stored = _texts(audio.tags, ID3.genre)
    genres, names = meaning(stored, version), _names(audio.tags, ID3)
    for older_genres, older_names in _older_tags(container, file):
        genres = genres or older_genres
        names = tuple(name or older for name, older in zip(names, older_names, strict=True))
    artist, album, title = names
    return TrackTags(container.name, genres, stored, artist, album, title, _duration(audio.info), version)


def _older_tags(container: Container, file: BinaryIO) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The genres, and artist, album and title, of each other kind of tag beside the ID3v2 tag."""
    if container.name == "wav":
        info = riff.info(file)
        names = (riff.INFO_ARTIST, riff.INFO_ALBUM, riff.INFO_TITLE)
        yield _without_empty([info.get(riff.INFO_GENRE, "")]), tuple(info.get(name, "") for name in names)
    if container.name not in ("mp3", "tta"):
        return
    file.seek(0)
    try:
        tail = APEv2(file)
    except APENoHeaderError:
        tail = None
    yield _without_empty(_texts(tail, APE.genre)), _names(tail, APE)
    block = id3.read_v1(file)
    yield meaning(_texts(block, ID3.genre), 4), _names(block, ID3)


def _texts(tags: Any, key: str) -> tuple[str, ...]:
    """All values of a field; mutagen gives lists, frames with `.text`, or nothing."""
    values = (tags or {}).get(key) or ()
    values = getattr(values, "text", values)
    # An APEv2 item may be binary, whatever its key says.
    return tuple(str(value) for value in values) if isinstance(values, Iterable) else ()


def _names(tags: Any, keys: Keys) -> tuple[str, ...]:
    """Artist, album and title: the first value of each, "" where there is none."""
    fields = (_without_empty(_texts(tags, key)) for key in (keys.artist, keys.album, keys.title))
    return tuple(field[0] if field else "" for field in fields)


def _without_empty(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(text.strip() for text in texts if text.strip())


def _duration(info: Any) -> float | None:
    length = float(getattr(info, "length", 0.0))
    return length if 0.0 < length < float("inf") else None
