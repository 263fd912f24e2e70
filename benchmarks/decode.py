"""How fast songs are decoded, on one core: by decoder, and by how far they go on the way to the network.

libsndfile, which audiotag does not use, is there to compare with; it knows no m4a, wma, ape and others.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a script sees its own folder alone

from audiotag.audio.child import DecodeLimits, Decoder
from audiotag.audio.decode import listen
from audiotag.audio.essentia_decoder import decode_with_essentia, load_essentia_ahead
from audiotag.audio.pyav_decoder import decode_with_pyav
from audiotag.cli.output import plural
from audiotag.errors import FileFault
from audiotag.library.walk import find_audio
from audiotag.model.card import load_card
from audiotag.pipeline.extract import extract
from audiotag.pipeline.window_buffer import WindowBuffer
from audiotag.tags.formats.containers import SUFFIXES
from benchmarks.common import MUSIC, in_seconds, material, median_seconds, options, positive, show

# A file → its seconds of sound.
Way = Callable[[bytes], float]


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("path", nargs="?", type=Path, metavar="PATH", help=f"the songs (default {MUSIC})")
    parser.add_argument("--decoder", action="append", choices=WAYS, help="repeatable (default all)")
    parser.add_argument("--repeat", type=positive, default=3, metavar="N", help="median of N (default 3)")
    given = parser.parse_args()
    music = material(given.path, MUSIC)
    songs = [found.path for found in find_audio([os.fsencode(music)], SUFFIXES)]
    if not songs:
        raise SystemExit(f"{music}: no audio files in it")
    load_essentia_ahead()
    with one_core():
        rows = [measure(name, songs, given.repeat) for name in given.decoder or WAYS]
    title = f"{plural(len(songs), 'song')} decoded on one core, median of {given.repeat}"
    show(title, ["", "audio", "time", "× real time"], rows)


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this process, and what it starts, on one of the cores that it may use."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def measure(name: str, songs: list[bytes], repeat: int) -> list[str]:
    """A row of the table."""
    way = WAYS[name]
    try:
        length = sum(map(way, songs))
        seconds = median_seconds(repeat, lambda: [way(song) for song in songs])
    except (FileFault, RuntimeError, ValueError) as fault:
        return [name, f"failed: {fault}", "", ""]
    return [name, f"{length / 60:.1f} min", in_seconds(seconds), f"{length / seconds:,.0f}"]


def by(decoder: Decoder) -> Way:
    """A decoder alone, into nowhere."""

    def decode(path: bytes) -> float:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        decoded = decoder(os.fsdecode(path), nowhere)
        return decoded.samples / decoded.rate

    return decode


def by_libsndfile(path: bytes) -> float:
    """In blocks, the channels averaged."""
    import soundfile  # comes with librosa

    samples = 0
    with soundfile.SoundFile(os.fsdecode(path)) as file:
        mean = np.full(file.channels, 1 / file.channels, np.float32)
        for block in file.blocks(65_536, dtype="float32", always_2d=True):
            samples += len(block @ mean)
        return samples / float(file.samplerate)


def by_listening(path: bytes) -> float:
    """As a worker decodes: header and sound each in a child, the sound through a pipe."""
    return listen(path, DecodeLimits(), lambda rate, blocks: sum(len(block) for block in blocks) / rate)


def by_extracting(path: bytes) -> float:
    """That, and the mel windows of the shipped model."""
    return extract(path, load_card().frontend, DecodeLimits(), WindowBuffer(None))[1]


WAYS: dict[str, Way] = {
    "essentia": by(decode_with_essentia),
    "pyav": by(decode_with_pyav),
    "libsndfile": by_libsndfile,
    "worker": by_listening,
    "worker-mel": by_extracting,
}


if __name__ == "__main__":
    main()
