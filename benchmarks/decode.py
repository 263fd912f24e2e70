"""How fast songs are decoded, in processor time: by each decoder, and with mel windows as a worker does it.

Then the same minute of a song in every format that can be made here, through each decoder that reads it:
what the order in audiotag/audio/decoders.py follows.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a script sees its own folder alone

from audiotag.audio.child import DecodeLimits
from audiotag.audio.decoders import DECODERS, ESSENTIA, LIBSNDFILE, PYAV, load, opener
from audiotag.audio.essentia_decoder import quiet_essentia
from audiotag.audio.mixdown import Mixer
from audiotag.cli.output import plural
from audiotag.errors import FileFault
from audiotag.library.walk import find_audio
from audiotag.model.card import load_card
from audiotag.pipeline.extract import extract
from audiotag.pipeline.sliced import SlicingListener
from audiotag.pipeline.window_buffer import WindowBuffer
from audiotag.tags.formats.containers import SUFFIXES
from benchmarks.common import (
    MUSIC,
    in_seconds,
    material,
    options,
    positive,
    processor_seconds,
    scratch,
    show,
)
from tests.helpers.audio_files import make_audio

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
    names = given.decoder or list(WAYS)
    # A worker has no Essentia, and with that in its memory forking costs more: it comes last.
    with scratch() as folder:
        rows = [measure(name, songs, given.repeat) for name in names if name != "essentia"]
        formats = [] if given.decoder else in_formats(songs[0], folder, given.repeat)
        rows += [measure(name, songs, given.repeat) for name in names if name == "essentia"]
    title = f"{plural(len(songs), 'song')} decoded, processor time, median of {given.repeat}"
    show(title, ["", "audio", "time", "× real time"], rows)
    if formats:
        show("a minute as a worker does it: × real time, processor time", ["", *DECODERS], formats)


def in_formats(song: bytes, folder: Path, repeat: int) -> list[list[str]]:
    samples, rate = minute_of(song)
    rows = []
    for suffix, codec in FORMATS:
        # Opus knows 48 kHz, not 44.1: then it is a little faster and higher.
        path = folder / f"{codec}{suffix}"
        make_audio(path, samples, 48_000 if codec == "libopus" else rate, codec, _BIT_RATE)
        rows.append([f"{suffix[1:]} ({codec})"])
    for decoder in DECODERS:
        load(decoder)
        if decoder == ESSENTIA:
            quiet_essentia()
        for row, (suffix, codec) in zip(rows, FORMATS, strict=True):
            row.append(speed(os.fsencode(folder / f"{codec}{suffix}"), decoder, repeat))
    return rows


def speed(path: bytes, decoder: str, repeat: int) -> str:
    way = extracted_by(decoder)  # in a child: one of them crashes at formats that it does not know
    try:
        length = way(path)
    except FileFault:
        return "-"
    return f"{length / median(processor_seconds(lambda: way(path)) for _ in range(repeat)):,.0f}"


def measure(name: str, songs: list[bytes], repeat: int) -> list[str]:
    """A row of the table."""
    way = WAYS[name]
    try:
        length = sum(map(way, songs))
        seconds = median(processor_seconds(lambda: [way(song) for song in songs]) for _ in range(repeat))
    except (FileFault, RuntimeError, ValueError) as fault:
        return [name, f"failed: {fault}", "", ""]
    return [name, f"{length / 60:.1f} min", in_seconds(seconds), f"{length / seconds:,.0f}"]


def minute_of(song: bytes) -> tuple[np.ndarray, int]:
    """The first minute of a song, (samples, channels), and its rate. Raises SystemExit beyond stereo."""
    with opener(PYAV)(os.fsdecode(song)) as sound:
        blocks = [np.array(block) for block, _ in zip(sound.blocks(), range(50), strict=False)]
    samples = np.concatenate(blocks)[: int(60 * sound.rate)]
    if samples.shape[1] > 2:
        raise SystemExit(f"{os.fsdecode(song)}: more than two channels")
    return samples, int(sound.rate)


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
    "worker": extracted_by(),
    "worker-pyav": extracted_by(PYAV),
    "libsndfile": by(LIBSNDFILE),
    "pyav": by(PYAV),
    "essentia": by(ESSENTIA),
}
# What PyAV's FFmpeg can encode.
FORMATS = (
    (".mp3", "libmp3lame"), (".flac", "flac"), (".wav", "pcm_s16le"), (".aiff", "pcm_s16be"),
    (".ogg", "vorbis"), (".opus", "libopus"), (".m4a", "aac"), (".m4a", "alac"), (".wma", "wmav2"),
    (".wv", "wavpack"), (".tta", "tta"),
)  # fmt: skip
_BIT_RATE = 192_000


if __name__ == "__main__":
    main()
