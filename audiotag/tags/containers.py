"""The containers: each declared once, with who reads it, what its fields are called, who writes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from types import SimpleNamespace
from typing import Any, BinaryIO

from mutagen.aiff import AIFF
from mutagen.apev2 import APEv2
from mutagen.asf import ASF
from mutagen.dsf import DSF
from mutagen.flac import FLAC
from mutagen.monkeysaudio import MonkeysAudioInfo
from mutagen.mp3 import MP3
from mutagen.mp4 import MP4
from mutagen.musepack import MusepackInfo
from mutagen.oggflac import OggFLAC
from mutagen.oggopus import OggOpus
from mutagen.oggspeex import OggSpeex
from mutagen.oggvorbis import OggVorbis
from mutagen.trueaudio import TrueAudio, TrueAudioInfo
from mutagen.wave import WAVE
from mutagen.wavpack import WavPackInfo

from audiotag.tags import ape, asf, dsf, flac, id3, id3_fields, mp4, mp4_texts, ogg, ogg_pages, riff
from audiotag.tags.change import Change


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


@dataclass(frozen=True)
class Container:
    """One kind of file: its suffixes, who reads it, what its fields are called, who writes it."""

    name: str
    suffixes: tuple[str, ...]
    open: Callable[..., Any]
    keys: Keys
    write: Callable[[BinaryIO, Change], None]
    # What else says the genre in such a file, for when the field itself does not.
    other_genres: Callable[[BinaryIO], tuple[str, ...]] | None = None


def _of_apev2(name: str, suffixes: tuple[str, ...], info: Callable[[BinaryIO], Any]) -> Container:
    """Read as by mutagen's classes, whatever the items of the tag are; `info` reads the rest."""

    def open_it(file: BinaryIO) -> Any:
        data = ape.excerpt(file)
        file.seek(0)
        return SimpleNamespace(tags=APEv2(BytesIO(data)) if data else None, info=info(file))

    return Container(name, suffixes, open_it, APE, ape.write_tail, ape.other_genres)


def _of_ogg(kind: Callable[[BinaryIO], Any]) -> Callable[[BinaryIO], Any]:
    # mutagen takes a chain of whole pages alone.
    return lambda file: kind(BytesIO(ogg.excerpt(file)))


def _open_mp4(file: BinaryIO) -> Any:
    # mutagen takes one form of the atoms alone, and fails at an end that is cut off.
    return MP4(BytesIO(mp4.excerpt(file)))


def _open_asf(file: BinaryIO) -> Any:
    return ASF(BytesIO(asf.excerpt(file)))


CONTAINERS = {
    container.name: container
    for container in (
        Container("mp3", (".mp3",), MP3, ID3, id3_fields.write_head),
        Container("tta", (".tta",), TrueAudio, ID3, id3_fields.write_head),
        # Where there is an APEv2 tag and no ID3v2 tag, many readers would not look at a new one.
        _of_apev2("tta-apev2", (), lambda file: TrueAudioInfo(file, 0)),
        Container("wav", (".wav", ".wave"), WAVE, ID3, riff.write),
        Container("aiff", (".aiff", ".aif", ".aifc"), AIFF, ID3, riff.write),
        Container("dsf", (".dsf",), DSF, ID3, dsf.write),
        Container("flac", (".flac",), FLAC, VORBIS, flac.write),
        Container("vorbis", (".ogg", ".oga"), _of_ogg(OggVorbis), VORBIS, ogg.write),
        Container("oggflac", (), _of_ogg(OggFLAC), VORBIS, ogg.write),
        Container("opus", (".opus",), _of_ogg(OggOpus), VORBIS, ogg.write),
        Container("speex", (".spx",), _of_ogg(OggSpeex), VORBIS, ogg.write),
        Container("mp4", (".m4a", ".mp4", ".m4b"), _open_mp4, MP4_ATOMS, mp4.write, mp4.other_genres),
        Container("asf", (".wma", ".asf"), _open_asf, ASF_NAMES, asf.write, asf.other_genres),
        _of_apev2("ape", (".ape",), MonkeysAudioInfo),
        _of_apev2("wavpack", (".wv",), WavPackInfo),
        _of_apev2("musepack", (".mpc", ".mp+", ".mpp"), MusepackInfo),
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
    dsf.MARK: "dsf",
}
_FORMS = {(b"RIFF", b"WAVE"): "wav", (b"FORM", b"AIFF"): "aiff", (b"FORM", b"AIFC"): "aiff"}
_OGG_STREAMS = {b"\x01vorbis": "vorbis", b"OpusHead": "opus", b"Speex   ": "speex", b"\x7fFLAC": "oggflac"}


def identify(file: BinaryIO) -> str:
    """The container of an open file by its content, a key of CONTAINERS.

    What begins like nothing known is tried as an MP3, which may begin with anything. Ogg files
    that hold other streams than Vorbis, Opus, Speex and FLAC raise ValueError.
    """
    file.seek(id3.length_at(file))
    head = file.read(16)
    if head.startswith(b"OggS"):
        for page in ogg_pages.pages(file):
            stream = ogg.stream_of(page)
            if stream is not None:
                return _OGG_STREAMS[stream]
            if not page.is_first:
                break
        raise ValueError("an Ogg file without Vorbis, Opus, Speex or FLAC; its tags are not supported")
    if head[4:8] == b"ftyp":
        return "mp4"
    name = _FORMS.get((head[:4], head[8:12]))
    name = name or next((name for mark, name in _MARKS.items() if head.startswith(mark)), "mp3")
    has_ape = name == "tta" and any(block.kind == "ape" for block in ape.blocks_at_end(file))
    return "tta-apev2" if has_ape and not id3.length_at(file) else name
