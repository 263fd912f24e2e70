"""What `--windows N` saves, and costs.

A long track, of which only the chosen windows are decoded; then songs: processor time of decoding, mel
windows and network, and how far the answer is from the one by all windows.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a script sees its own folder alone

from audiotag.audio.child import DecodeLimits
from audiotag.cli.output import plural
from audiotag.library.walk import find_audio
from audiotag.model.card import ModelCard, load_card
from audiotag.model.engines import Engine, open_engine
from audiotag.pipeline.extract import extract
from audiotag.pipeline.sliced import SlicingListener
from audiotag.pipeline.window_buffer import WindowBuffer, Windows
from audiotag.tags.formats.containers import SUFFIXES
from benchmarks.common import MUSIC, in_seconds, material, options, processor_seconds, scratch, show
from benchmarks.made_songs import make_mix

COUNTS = (1, 3, 5, None)


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("path", nargs="?", type=Path, metavar="PATH", help=f"the songs (default {MUSIC})")
    parser.add_argument(
        "--minutes", type=float, default=60.0, metavar="M", help="of the long track (default 60)"
    )
    given = parser.parse_args()
    with scratch() as folder:
        make_mix(folder / "mix.mp3", 60 * given.minutes)
        show_mix(os.fsencode(folder / "mix.mp3"))
    music = material(given.path, MUSIC)
    if music is not None:
        songs = [found.path for found in find_audio([os.fsencode(music)], SUFFIXES)]
        if not songs:
            raise SystemExit(f"{music}: no audio files in it")
        show_songs(songs)


@dataclass(frozen=True)
class Judged:
    """Songs by so many windows. front, network: seconds of processor time. length: seconds of sound.
    answers: (songs, genres)."""

    windows: int
    front: float
    network: float
    length: float
    answers: np.ndarray


def show_songs(songs: list[bytes]) -> None:
    card = load_card()
    heard(songs[0], None, card)  # loads what loads once
    found = {most: hear(songs, most, card) for most in COUNTS}
    # A worker has no engine, and with one in its memory forking costs more.
    engine = open_engine(card, "onnx", 16)
    judged = {most: judge(found[most], card, engine) for most in COUNTS}
    whole = judged[None]
    rows = []
    for most in COUNTS:
        one = judged[most]
        change = np.abs(one.answers - whole.answers)
        same = int((one.answers.argmax(axis=1) == whole.answers.argmax(axis=1)).sum())
        rows.append([
            str(most or "all"), str(one.windows), in_seconds(one.front), f"{one.length / one.front:,.0f}",
            in_seconds(one.network), f"{one.length / (one.front + one.network):,.0f}",
            f"{same} of {len(songs)}", f"{change.mean():.3f}", f"{change.max():.2f}",
        ])  # fmt: skip
    title = (
        f"{plural(len(songs), 'song')}, {whole.length / 60:.1f} min: processor time, and how answers change"
    )
    headings = ["windows", "judged", "front-end", "× real time", "network", "both, × real time"]
    show(title, [*headings, "same top genre", "mean change", "largest"], rows)


@dataclass(frozen=True)
class Heard:
    """Songs by so many windows. seconds: of processor time that it took."""

    songs: list[tuple[Windows, float]]
    seconds: float


def hear(songs: list[bytes], most: int | None, card: ModelCard) -> Heard:
    found: list[tuple[Windows, float]] = []

    def hear_all() -> None:
        found.extend(heard(song, most, card) for song in songs)

    seconds = processor_seconds(hear_all)
    return Heard(found, seconds)


def judge(found: Heard, card: ModelCard, engine: Engine) -> Judged:
    answers: list[np.ndarray] = []

    def answer_all() -> None:
        answers.extend(answer(windows, engine, card) for windows, _ in found.songs)

    network = processor_seconds(answer_all)
    count = sum(len(windows) for windows, _ in found.songs)
    length = sum(seconds for _, seconds in found.songs)
    return Judged(count, found.seconds, network, length, np.stack(answers))


def show_mix(path: bytes) -> None:
    card = load_card()
    _, length = heard(path, 1, card)  # loads what loads once
    rows: list[list[str]] = []
    for most in COUNTS:
        seconds = processor_seconds(partial(heard, path, most, card))
        rows.append([str(most or "all"), in_seconds(seconds), f"{length / seconds:,.0f}"])
    title = f"one mp3 file of {length / 60:,.1f} min: processor time of decoding and mel windows"
    show(title, ["windows", "front-end", "× real time"], rows)


def heard(path: bytes, most: int | None, card: ModelCard) -> tuple[Windows, float]:
    found = extract(path, SlicingListener(card.frontend, WindowBuffer(None, most)), DecodeLimits())
    assert found is not None
    return found


def answer(windows: Windows, engine: Engine, card: ModelCard) -> np.ndarray:
    """Probabilities of a track, calibrated."""
    said = engine.predict(np.stack(list(windows))).probabilities
    return np.asarray(card.calibrated(said.mean(axis=0), len(said)))


if __name__ == "__main__":
    main()
