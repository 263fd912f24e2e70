"""How fast songs are decoded, in processor time: by each decoder, and with mel windows as a worker does it.

libsndfile knows no m4a, wma, ape and others.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a script sees its own folder alone

from audiotag.audio.child import DecodeLimits
from audiotag.audio.decoders import DECODERS, ESSENTIA, LIBSNDFILE, PYAV, load, opener
from audiotag.audio.mixdown import Mixer
from audiotag.cli.output import plural
from audiotag.errors import FileFault
from audiotag.library.walk import find_audio
from audiotag.model.card import load_card
from audiotag.pipeline.extract import extract
from audiotag.pipeline.sliced import SlicingListener
from audiotag.pipeline.window_buffer import WindowBuffer
from audiotag.tags.formats.containers import SUFFIXES
from benchmarks.common import MUSIC, in_seconds, material, options, positive, processor_seconds, show

# A file → its seconds of sound.
Way = Callable[[bytes], float]


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("path", nargs="?", type=Path, metavar="PATH", help=f"the songs (default {MUSIC})")
    parser.add_argument("--decoder", action="append", choices=WAYS, help="repeatable (default all)")
    parser.add_argument("--repeat", type=positive, default=3, metavar="N", help="median of N (default 3)")
    given = parser.parse_args()
    music = material(given.path, MUSIC)
    if music is None:
        return
    songs = [found.path for found in find_audio([os.fsencode(music)], SUFFIXES)]
    if not songs:
        raise SystemExit(f"{music}: no audio files in it")
    for name in DECODERS:
        load(name)
    rows = [measure(name, songs, given.repeat) for name in given.decoder or WAYS]
    title = f"{plural(len(songs), 'song')} decoded, processor time, median of {given.repeat}"
    show(title, ["", "audio", "time", "× real time"], rows)


def measure(name: str, songs: list[bytes], repeat: int) -> list[str]:
    """A row of the table."""
    way = WAYS[name]
    try:
        length = sum(map(way, songs))
        seconds = median(processor_seconds(lambda: [way(song) for song in songs]) for _ in range(repeat))
    except (FileFault, RuntimeError, ValueError) as fault:
        return [name, f"failed: {fault}", "", ""]
    return [name, f"{length / 60:.1f} min", in_seconds(seconds), f"{length / seconds:,.0f}"]


def by(decoder: str) -> Way:
    """A decoder alone, its channels mixed, in this process."""

    def decode(path: bytes) -> float:
        mixer = Mixer()
        with opener(decoder)(os.fsdecode(path)) as sound:
            for block in sound.blocks():
                mixer.mix(block)
            return mixer.samples / sound.rate

    return decode


def extracted_by(*decoders: str) -> Way:
    """As a worker does it: tags aside, decoding and mel windows of the shipped model, in a child."""

    def extracted(path: bytes) -> float:
        listener = SlicingListener(load_card().frontend, WindowBuffer(None))
        found = extract(path, listener, DecodeLimits(), decoders or None)
        assert found is not None
        return found[1]

    return extracted


WAYS: dict[str, Way] = {
    "libsndfile": by(LIBSNDFILE),
    "pyav": by(PYAV),
    "essentia": by(ESSENTIA),
    "worker": extracted_by(),
    "worker-pyav": extracted_by(PYAV),
}


if __name__ == "__main__":
    main()
