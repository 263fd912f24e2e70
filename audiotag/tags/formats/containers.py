"""The containers: each declared once, with who reads it, what its fields are called, who writes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from types import SimpleNamespace
from typing import Any, BinaryIO

from mutagen import id3 as mutagen_id3
from mutagen.apev2 import APEv2
from mutagen.asf import ASF
from mutagen.dsf import DSF
from mutagen.flac import FLAC
from mutagen.monkeysaudio import MonkeysAudioInfo
from mutagen.mp3 import MPEGInfo
from mutagen.mp4 import MP4
from mutagen.musepack import MusepackInfo
from mutagen.oggflac import OggFLAC
from mutagen.oggopus import OggOpus
from mutagen.oggspeex import OggSpeex
from mutagen.oggvorbis import OggVorbis
from mutagen.trueaudio import TrueAudio, TrueAudioInfo
from mutagen.wavpack import WavPackInfo

from audiotag.tags.change import Change
from audiotag.tags.formats import ape, asf, dsf, flac, id3, magic, mp3, mp4, mp4_texts, ogg, ogg_pages, riff
from audiotag.tags.formats.spans import read_at


@dataclass(frozen=True)
class Keys:
    """What a kind of tag calls the fields that are read; `text` is for those in OWN_TEXTS."""

    genre: str
    artist: str
    album: str
    title: str
    text: str = "{}"


ID3 = Keys("TCON", "TPE1", "TALB", "TIT2", "TXXX:{}")
VORBIS = Keys("genre", "artist", "album", "title")
MP4_ATOMS = Keys("\xa9gen", "\xa9ART", "\xa9alb", "\xa9nam", f"----:{mp4_texts.FREEFORM_OWNER}:{{}}")
ASF_NAMES = Keys(asf.GENRE, "Author", "WM/AlbumTitle", "Title")
APE = Keys("Genre", "Artist", "Album", "Title")
INFO = Keys("IGNR", "IART", "IPRD", "INAM")


@dataclass(frozen=True)
class Container:
    """One kind of file: its suffixes, who reads it, what its fields are called, who writes it."""

    name: str
    suffixes: tuple[str, ...]
    open: Callable[..., Any]
    keys: Keys
    write: Callable[[BinaryIO, Change], None]


def _of_apev2(name: str, suffixes: tuple[str, ...], info: Callable[[BinaryIO], Any]) -> Container:
    """Read as by mutagen's classes, whatever the items of the tag are; `info` reads the rest."""

    def open_it(file: BinaryIO) -> Any:
        data = ape.excerpt(file)
        file.seek(0)
        return SimpleNamespace(tags=APEv2(BytesIO(data)) if data else None, info=info(file))

    return Container(name, suffixes, open_it, APE, ape.write_tail)


def _of_ogg(kind: Callable[[BinaryIO], Any]) -> Callable[[BinaryIO], Any]:
    # mutagen takes a chain of whole pages alone.
    return lambda file: kind(BytesIO(ogg.excerpt(file)))


def _open_mp4(file: BinaryIO) -> Any:
    # mutagen takes one form of the atoms alone, and fails at an end that is cut off.
    return MP4(BytesIO(mp4.excerpt(file)))


def _open_asf(file: BinaryIO) -> Any:
    return ASF(BytesIO(asf.excerpt(file)))


def _open_mp3(file: BinaryIO, **options: bool) -> Any:
    """As mutagen's class for MP3, wherever in front of the sound the tag stands."""
    parts = mp3.layout(file)
    main = parts.main
    tags = None if main is None else _id3(read_at(file, main.start, main.end - main.start), options)
    return SimpleNamespace(tags=tags, info=MPEGInfo(file, parts.start))


def _open_flac(file: BinaryIO) -> Any:
    return FLAC(BytesIO(flac.excerpt(file)))


def _open_riff(file: BinaryIO, **options: bool) -> Any:
    """As mutagen's classes for WAV and AIFF, whatever the sizes in the headers."""
    form = riff.read(file)
    chunk = next((chunk for chunk in form.chunks if chunk.is_id3), None)
    tags = None if chunk is None else _id3(read_at(file, chunk.start, chunk.end - chunk.start), options)
    return SimpleNamespace(tags=tags, info=SimpleNamespace(length=riff.duration(file) or 0.0))


def _id3(data: bytes, options: dict[str, bool]) -> mutagen_id3.ID3 | None:
    if data[:3] == b"ID3":
        id3.parse(data)  # says better what is the matter with a tag
    try:
        return mutagen_id3.ID3(BytesIO(data), **options)
    except mutagen_id3.ID3NoHeaderError:
        return None


CONTAINERS = {
    container.name: container
    for container in (
        Container("mp3", (".mp3",), _open_mp3, ID3, mp3.write),
        Container("tta", (".tta",), TrueAudio, ID3, mp3.write),
        # Where there is an APEv2 tag and no ID3v2 tag, many readers would not look at a new one.
        _of_apev2("tta-apev2", (), lambda file: TrueAudioInfo(file, 0)),
        Container("wav", (".wav", ".wave"), _open_riff, ID3, riff.write),
        Container("aiff", (".aiff", ".aif", ".aifc"), _open_riff, ID3, riff.write),
        Container("dsf", (".dsf",), DSF, ID3, dsf.write),
        Container("flac", (".flac",), _open_flac, VORBIS, flac.write),
        Container("vorbis", (".ogg", ".oga"), _of_ogg(OggVorbis), VORBIS, ogg.write),
        Container("oggflac", (), _of_ogg(OggFLAC), VORBIS, ogg.write),
        Container("opus", (".opus",), _of_ogg(OggOpus), VORBIS, ogg.write),
        Container("speex", (".spx",), _of_ogg(OggSpeex), VORBIS, ogg.write),
        Container("mp4", (".m4a", ".mp4", ".m4b"), _open_mp4, MP4_ATOMS, mp4.write),
        Container("asf", (".wma", ".asf"), _open_asf, ASF_NAMES, asf.write),
        _of_apev2("ape", (".ape",), MonkeysAudioInfo),
        _of_apev2("wavpack", (".wv",), WavPackInfo),
        _of_apev2("musepack", (".mpc", ".mp+", ".mpp"), MusepackInfo),
    )
}

EXTENSIONS: frozenset[str] = frozenset(
    suffix for container in CONTAINERS.values() for suffix in container.suffixes
)

_NEVER_BEHIND_ID3 = {"ape": "Monkey's Audio", "wavpack": "WavPack"}
_OGG_STREAMS = {b"\x01vorbis": "vorbis", b"OpusHead": "opus", b"Speex   ": "speex", b"\x7fFLAC": "oggflac"}


def identify(file: BinaryIO) -> str:
    """The container of an open file by its content, a key of CONTAINERS.

    The names of files are not asked: a FLAC file called .mp3 is tagged as what it is. Raises
    ValueError for what cannot be tagged, with its name where that is known; so for Ogg files that
    hold other streams than Vorbis, Opus, Speex and FLAC.
    """
    name = magic.recognise(file)
    if name in _NEVER_BEHIND_ID3 and id3.end_in_front(file):
        # Of their readers some see that tag, some do not open such a file.
        raise magic.NotTaggedError(f"{_NEVER_BEHIND_ID3[name]} behind an ID3 tag")
    if name == "ogg":
        for page in ogg_pages.pages(file):
            stream = ogg.stream_of(page)
            if stream is not None:
                return _OGG_STREAMS[stream]
            if not page.is_first:
                break
        raise ValueError("an Ogg file without Vorbis, Opus, Speex or FLAC; its tags are not supported")
    has_ape = name == "tta" and any(block.kind == "ape" for block in ape.blocks_at_end(file))
    return "tta-apev2" if has_ape and not id3.length_at(file) else name
