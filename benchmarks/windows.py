"""What `--windows N` saves and costs: processor time of decoding, mel windows and network, and how far the answer
is from the one by all windows. A second table: a long track, where only the chosen windows are decoded."""

from __future__ import annotations

import os
import sys
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
    music = material(given.path, MUSIC)
    if music is not None:
        songs = [found.path for found in find_audio([os.fsencode(music)], SUFFIXES)]
        if not songs:
            raise SystemExit(f"{music}: no audio files in it")
        show_songs(songs)
    with scratch() as folder:
        make_mix(folder / "mix.mp3", 60 * given.minutes)
        show_mix(os.fsencode(folder / "mix.mp3"))


def show_songs(songs: list[bytes]) -> None:
    card = load_card()
    engine = open_engine(card, "onnx", 16)
    heard(songs[0], None, card)  # loads what loads once
    answers: dict[int | None, np.ndarray] = {}
    costs: dict[int | None, tuple[float, float, int]] = {}
    length = 0.0
    for most in reversed(COUNTS):
        found: list[tuple[Windows, float]] = []
        front = processor_seconds(
            lambda most=most, found=found: found.extend(heard(song, most, card) for song in songs)
        )
        judged: list[np.ndarray] = []
        network = processor_seconds(
            lambda found=found, judged=judged: judged.extend(
                answer(windows, engine, card) for windows, _ in found
            )
        )
        answers[most] = np.stack(judged)
        costs[most] = front, network, sum(len(windows) for windows, _ in found)
        length = sum(seconds for _, seconds in found)
    rows = []
    for most in COUNTS:
        front, network, windows = costs[most]
        change = np.abs(answers[most] - answers[None])
        same = (answers[most].argmax(axis=1) == answers[None].argmax(axis=1)).sum()
        rows.append([
            str(most or "all"), str(windows), in_seconds(front), f"{length / front:,.0f}", in_seconds(network),
            f"{length / (front + network):,.0f}", f"{same} of {len(songs)}", f"{change.mean():.3f}", f"{change.max():.2f}",
        ])  # fmt: skip
    show(
        f"{plural(len(songs), 'song')}, {length / 60:.1f} min: processor time, and how far probabilities are from all windows'",
        ["windows", "judged", "front-end", "× real time", "network", "both, × real time", "same top genre", "mean change", "largest"],
        rows,
    )  # fmt: skip


def show_mix(path: bytes) -> None:
    card = load_card()
    heard(path, 1, card)  # loads what loads once
    rows = []
    length = 0.0
    for most in reversed(COUNTS):
        found: list[tuple[Windows, float]] = []
        seconds = processor_seconds(lambda most=most, found=found: found.append(heard(path, most, card)))
        length = found[0][1]
        rows.insert(
            0, [str(most or "all"), str(len(found[0][0])), in_seconds(seconds), f"{length / seconds:,.0f}"]
        )
    title = f"one mp3 file of {length / 60:,.1f} min: processor time of decoding and mel windows"
    show(title, ["windows", "", "front-end", "× real time"], rows)


def heard(path: bytes, most: int | None, card: ModelCard) -> tuple[Windows, float]:
    found = extract(path, SlicingListener(card.frontend, WindowBuffer(None, most)), DecodeLimits())
    assert found is not None
    return found


def answer(windows: Windows, engine: Engine, card: ModelCard) -> np.ndarray:
    """Probabilities of a track, calibrated."""
    said = engine.predict(np.stack(list(windows))).probabilities
    return np.asarray(card.calibrated(said.mean(axis=0)))


if __name__ == "__main__":
    main()
