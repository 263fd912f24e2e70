"""audiotag and others on the same songs: the original's pipeline, librosa alone, Essentia as it comes.

Each is a command of its own, from its start to its end, see others.py; only audiotag and the original have a
network. They take turns, in every other round backwards; ratios are of the same round.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a script sees its own folder alone

from audiotag.library.walk import find_audio
from audiotag.tags.formats.containers import SUFFIXES
from benchmarks.common import (
    MUSIC,
    Cost,
    in_mb,
    in_seconds,
    material,
    options,
    pass_on,
    passed_on,
    positive,
    run_audiotag,
    run_command,
    scratch,
    show,
)
from benchmarks.others import OTHERS

Done = TypeVar("Done")

OURS, FEWER = "audiotag scan", "audiotag scan --windows 3"
WORDS = {
    "original": "the original: librosa, ResNet50 at 200 × 1,024",
    "librosa": "librosa: load and mel bands, no network",
    "essentia": "Essentia: MonoLoader and MelBands, no network",
}


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("path", nargs="?", type=Path, metavar="PATH", help=f"the songs (default {MUSIC})")
    parser.add_argument("--repeat", type=positive, default=3, metavar="N", help="rounds (default 3)")
    parser.add_argument("--without", action="append", choices=tuple(OTHERS), default=[], help="repeatable")
    pass_on(parser, engine="NAME", model="NAME|FILE")
    given = parser.parse_args()
    music = material(given.path, MUSIC)
    if music is None:
        return
    files = [os.fsdecode(found.path) for found in find_audio([os.fsencode(music)], SUFFIXES)]
    if not files:
        raise SystemExit(f"{music}: no audio in it")
    others = [name for name in OTHERS if name not in given.without]
    with scratch() as folder:
        chosen: list[str | Path] = ["scan", "--rescan", *passed_on(given, "engine", "model"), music]
        run_audiotag(folder, *chosen)  # it fills the library, and reads the songs into memory

        def run(name: str) -> Cost:
            if name in OTHERS:
                script = Path(__file__).with_name("others.py")
                return run_command([sys.executable, script, name, *files], dict(os.environ))
            return run_audiotag(folder, *chosen, *(["--windows=3"] if name == FEWER else []))

        rounds = [in_turn([OURS, FEWER, *others], backwards, run) for backwards in turns(given.repeat)]
    # The length is librosa's word or Essentia's; audiotag alone tells none here.
    length = max((float(one[name].stdout.split()[0]) for one in rounds for name in others), default=0.0)
    title = f"{len(files)} songs{f', {length / 60:.1f} min' if length else ''}, median of {given.repeat}"
    headings = [
        "",
        "time",
        "× real time",
        "times audiotag's",
        "CPU time",
        "times audiotag's",
        "largest process",
    ]
    show(title, headings, [row(name, rounds, length) for name in (OURS, FEWER, *others)])


def turns(count: int) -> list[bool]:
    """Of each round, whether it goes backwards."""
    return [number % 2 == 1 for number in range(count)]


def in_turn(names: list[str], backwards: bool, run: Callable[[str], Done]) -> dict[str, Done]:
    return {name: run(name) for name in (reversed(names) if backwards else names)}


def row(name: str, rounds: list[dict[str, Cost]], length: float) -> list[str]:
    seconds = median(one[name].seconds for one in rounds)
    ratio = median(one[name].seconds / one[OURS].seconds for one in rounds)
    cpu = median(one[name].cpu_seconds for one in rounds)
    cpu_ratio = median(one[name].cpu_seconds / one[OURS].cpu_seconds for one in rounds)
    peak = median(one[name].peak_mb for one in rounds)
    speed = f"{length / seconds:,.0f}" if length else ""
    return [
        WORDS.get(name, name), in_seconds(seconds), speed, f"{ratio:.2f}",
        in_seconds(cpu), f"{cpu_ratio:.2f}", in_mb(peak),
    ]  # fmt: skip


if __name__ == "__main__":
    main()
