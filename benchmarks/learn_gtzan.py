"""`learn` on GTZAN's clips as a made-up library: its genres under other names, taught by `train`.

Judged on `val`, which no lesson is of; and on `val` alone, by artists left out: a network that was trained
on `train` knows that part by heart, and judges itself too well there. Artists are made up: ten neighbouring
clips of a genre are one.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a script sees its own folder alone

from benchmarks.clip_library import Heard, fill, heard
from benchmarks.common import SHARED, library_in, material, options, scratch, show

if TYPE_CHECKING:
    from audiotag.discovery.learn.run import Learnt

ARCHIVE = SHARED / "data" / "gtzan_mel_trainval.npz"


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("model", nargs="?", default="resnet50", metavar="NAME|FILE", help="default resnet50")
    parser.add_argument("archive", nargs="?", type=Path, metavar="ARCHIVE", help=f"default {ARCHIVE}")
    parser.add_argument("--precision", type=float, default=0.8, metavar="P", help="as for audiotag learn")
    given = parser.parse_args()
    archive = material(given.archive, ARCHIVE)
    if archive is not None:
        learn_from(given.model, archive, given.precision)


def learn_from(model: str, path: Path, precision: float) -> None:
    from audiotag.model.card import load_card
    from audiotag.model.engines import open_engine
    from audiotag.training.archives.archive import load_archive

    card, clips = load_card(model), load_archive(path)
    clips.require_frontend(card.frontend)
    engine = open_engine(card, "onnx", 16)
    train, val = (heard("GTZAN", clips.select(split), card, engine) for split in ("train", "val"))
    taught = learnt(train, precision)
    rows = [judged("train, judged on val", taught, val)]
    for name, found in (
        ("train, by artists left out", taught),
        ("val, by artists left out", learnt(val, precision)),
    ):
        own = found.judgement.own
        rows.append(row(name, own.top1, own.coverage, own.precision))
    show(
        f"{card.identity}: {path.name}, {len(train)} tracks of train, {len(val)} of val, "
        f"precision {precision:g} wanted",
        ["", "top-1", "written", "right"],
        rows,
    )


def learnt(tracks: list[Heard], precision: float) -> Learnt:
    """By way of a library, as the command does it."""
    from audiotag.discovery.learn.lessons import read_lessons
    from audiotag.discovery.learn.run import LearnOptions, learn
    from audiotag.discovery.learn.words import Cleaning
    from audiotag.library.store import Store

    with scratch() as folder:
        fill(library_in(folder), (one.tagged(word(one)) for one in tracks))
        with Store(library_in(folder), write=False) as store:
            lessons = read_lessons(store, [], Cleaning())
    return learn(lessons, LearnOptions(precision=precision))


def judged(name: str, found: Learnt, tracks: list[Heard]) -> list[str]:
    """What `tag` would make of these tracks by a learnt model."""
    answers = [found.model.judge(one.tagged()).judged()[0] for one in tracks]
    right = np.array([answer.name == word(one) for answer, one in zip(answers, tracks, strict=True)])
    written = np.array([answer.reaches for answer in answers])
    precision = float(right[written].mean()) if written.any() else None
    # The first answer is the likeliest of those that reach their thresholds, where any does.
    return row(name, float(right.mean()), float(written.mean()), precision)


def word(one: Heard) -> str:
    """What its owner calls the genre."""
    return f"My {one.genre}"


def row(name: str, top1: float, coverage: float, precision: float | None) -> list[str]:
    return [name, f"{top1:.3f}", f"{coverage:.3f}", "–" if precision is None else f"{precision:.3f}"]


if __name__ == "__main__":
    main()
