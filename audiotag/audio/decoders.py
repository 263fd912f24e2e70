"""Which decoder comes first for which file, and how each is loaded: only when a file needs it.

The order was measured, see docs/decoding.md: libsndfile is first for MP3, FLAC and what is not
compressed, FFmpeg (PyAV) for everything else. Each knows some of the other's formats, and is tried where the
first one fails. Essentia comes last for two formats, and for others where one of them has crashed.
"""

from __future__ import annotations

from contextlib import suppress

from audiotag.audio.ogg_pages import begins_with_several
from audiotag.audio.sound import Opener

LIBSNDFILE, PYAV, ESSENTIA = "libsndfile", "PyAV", "Essentia"
DECODERS = (LIBSNDFILE, PYAV, ESSENTIA)
# What of a file is looked at to choose.
HEAD_BYTES = 4096

_STARTS = (b"fLaC", b"RIFF", b"RF64", b"riff", b"FORM", b".snd", b"caff", b"ID3")
_OGG = b"OggS"
# Of these Essentia still reads damaged ones of which the others make nothing: it overlooks checksums.
_VORBIS = b"vorbis"
_ASF = b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"
# As a rule, at 128 kbit/s. And of what share of such a file libsndfile is as fast as FFmpeg of all.
_OGG_BYTES_A_SECOND = 16_000
_OGG_SHARE = 0.35


def in_order(head: bytes, size: int, wanted: float | None) -> tuple[str, ...]:
    """The decoders to be tried in turn for a file of `size` bytes that begins with `head`. wanted: how many
    seconds of it, None: all."""
    if head.startswith(_OGG):
        # Only libsndfile finds parts of it exactly, and decodes more slowly.
        part = _OGG_SHARE * size / _OGG_BYTES_A_SECOND
        first = wanted is not None and wanted < part and not begins_with_several(head)
    else:
        first = head.startswith(_STARTS) or _is_mpeg_frame(head)
    order = (LIBSNDFILE, PYAV) if first else (PYAV, LIBSNDFILE)
    return (
        (*order, ESSENTIA) if head.startswith(_ASF) or (_VORBIS in head and head.startswith(_OGG)) else order
    )


def _is_mpeg_frame(head: bytes) -> bool:
    """Whether MPEG audio begins at once, without a tag: AAC has the same sign and layer 0."""
    return len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and bool(head[1] & 0x06)


def opener(name: str) -> Opener:
    """What opens a file by the decoder of this name. Raises ImportError where it is not installed."""
    if name == LIBSNDFILE:
        from audiotag.audio.libsndfile_decoder import open_with_libsndfile

        return open_with_libsndfile
    if name == PYAV:
        from audiotag.audio.pyav_decoder import open_with_pyav

        return open_with_pyav
    from audiotag.audio.essentia_decoder import open_with_essentia

    return open_with_essentia


def load(name: str) -> None:
    """Load a decoder before forking, so that no child has to.

    What keeps it from loading (too little memory, say) is for the child to meet: there it costs a
    decoder, and the next one takes over.
    """
    with suppress(Exception):
        opener(name)
        if name == PYAV:
            import audiotag.audio.header  # noqa: F401
