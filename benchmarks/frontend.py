"""How far the mel windows are from librosa's, in dB: made sound at three rates, and songs at their own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import soundfile

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a script sees its own folder alone

from audiotag.library.walk import find_audio
from audiotag.tags.formats.containers import SUFFIXES
from benchmarks.common import MUSIC, options, show
from tests.helpers.librosa_mel import librosa_window, our_window, synthetic

RATES = (22_050, 44_100, 48_000)
SECONDS = 25


def main() -> None:
    parser = options(__doc__)
    parser.add_argument(
        "path", nargs="?", type=Path, default=MUSIC, metavar="PATH", help=f"songs, if any (default {MUSIC})"
    )
    given = parser.parse_args()
    rows = [row(f"made sound, {rate:,} Hz", [difference(synthetic(rate), rate)]) for rate in RATES]
    songs = (excerpt(song.path) for song in find_audio([os.fsencode(given.path)], SUFFIXES))
    found = [difference(*song) for song in songs if song is not None]
    if found:
        rows.append(row(f"songs: {len(found)}", found))
    show("distance from librosa, dB", ["", "mean", "95 % below", "cells above 3 dB"], rows)


def difference(samples: np.ndarray, rate: int) -> np.ndarray:
    """Of each cell, (bands, 1024); but the top four, where librosa's resampler was once another one."""
    return np.asarray(np.abs(our_window(samples, rate) - librosa_window(samples, rate))[:-4])


def excerpt(path: bytes) -> tuple[np.ndarray, int] | None:
    """Some seconds after a song's first quarter, mono, and their rate; None if it is too short, or
    nothing that libsndfile knows."""
    try:
        with soundfile.SoundFile(os.fsdecode(path)) as file:
            file.seek(file.frames // 4)
            samples = file.read(SECONDS * file.samplerate, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError:
        return None
    rate = int(file.samplerate)
    return (samples.mean(axis=1), rate) if len(samples) == SECONDS * rate else None


def row(what: str, found: list[np.ndarray]) -> list[str]:
    cells = np.concatenate([one.ravel() for one in found])
    return [what, f"{cells.mean():.3f}", f"{np.quantile(cells, 0.95):.2f}", f"{(cells > 3).mean():.2%}"]


if __name__ == "__main__":
    main()
