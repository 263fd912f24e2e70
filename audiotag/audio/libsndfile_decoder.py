"""libsndfile: the decoder for MP3, FLAC and what is not compressed, and for parts of Ogg files.

It comes to any sample of those exactly, as a full decode has it. For other formats FFmpeg is
faster (docs/decoding.md has the figures), and files that libsndfile does not go through to their
end are FFmpeg's too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

import numpy as np
import soundfile

from audiotag.audio.mpeg_header import certain_length, says_its_length
from audiotag.audio.ogg_pages import is_one_stream
from audiotag.audio.sound import BLOCK_SAMPLES, MOST_RATE, NotReadError

_FORMATS = frozenset(("WAV", "WAVEX", "RF64", "W64", "AIFF", "AU", "CAF", "FLAC", "MP3", "OGG"))
_PLAIN = frozenset(("PCM_S8", "PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW"))
_MP3 = "MPEG_LAYER_III"
_OGG = "OGG"
_OPUS_RATE = 48_000
# libsndfile's largest number: the length is not known.
_ENDLESS = 1 << 62
# Of a file's bytes so many have been read when all of its sound has been decoded, or there are large
# tags behind it, or more sound.
_ALL_BYTES = 0.98


class _Unhurried(soundfile.SoundFile):  # type: ignore[misc]
    """soundfile seeks to where it is after each block, for which MP3 frames are decoded anew."""

    def seekable(self) -> bool:
        return False


class LibsndfileSound:
    """See sound.Sound."""

    def __init__(self, file: soundfile.SoundFile, descriptor: int) -> None:
        self._file = file
        self._descriptor = descriptor
        self._taken = 0
        self._buffer = np.empty((BLOCK_SAMPLES, file.channels), np.float32)
        self.rate = float(file.samplerate)
        frames = int(file.frames)
        self.seconds = frames / self.rate if 0 < frames < _ENDLESS else 0.0

    @cached_property
    def length(self) -> int | None:
        if self._file.subtype == _MP3:
            return certain_length(self._descriptor, self._file.frames)
        return int(self._file.frames) if self.seconds else None

    def blocks(self) -> Iterator[np.ndarray]:
        self._file.seek(0)
        self._taken = 0
        while len(block := self._next(BLOCK_SAMPLES)):
            self._taken += len(block)
            yield block

    def stretch(self, start: int, count: int) -> Iterator[np.ndarray]:
        self._file.seek(start)
        while count and len(block := self._next(min(count, BLOCK_SAMPLES))):
            count -= len(block)
            yield block

    def _next(self, count: int) -> np.ndarray:
        block = self._buffer[:count]
        return block[: self._file.buffer_read_into(block, "float32")]

    def is_guess(self) -> bool:
        """Whether the length is made up, by which decoding ends."""
        if self._file.subtype != _MP3 or says_its_length(self._descriptor):
            return False
        return self.length is None or self.length > self._file.frames

    def is_whole(self) -> bool:
        if self._taken == (self._file.frames if self._file.subtype in _PLAIN else self.length):
            return True
        size = os.fstat(self._descriptor).st_size
        return os.lseek(self._descriptor, 0, os.SEEK_CUR) >= _ALL_BYTES * size


@contextmanager
def open_with_libsndfile(filename: str) -> Iterator[LibsndfileSound]:
    """Open a file. Raises NotReadError."""
    descriptor = os.open(filename, os.O_RDONLY | os.O_CLOEXEC)
    try:
        try:
            file = _Unhurried(descriptor, closefd=False)
        except soundfile.LibsndfileError as fault:
            raise NotReadError("no audio in it that can be decoded") from fault
        with file:
            if not _is_read(file):
                raise NotReadError("no audio in it that can be decoded")
            if file.format == _OGG and not is_one_stream(descriptor):  # it would read the first alone
                raise NotReadError("several streams in it")
            sound = LibsndfileSound(file, descriptor)
            if sound.is_guess():
                raise NotReadError("its length is not known")
            yield sound
    finally:
        os.close(descriptor)


def _is_read(file: soundfile.SoundFile) -> bool:
    if file.samplerate > MOST_RATE or file.format not in _FORMATS:
        return False
    if file.format != _OGG:
        return file.subtype in _PLAIN or file.subtype == _MP3
    # Some Opus files it would decode at a lower rate than others do.
    return (file.subtype, file.samplerate) == ("OPUS", _OPUS_RATE) or bool(file.subtype == "VORBIS")
