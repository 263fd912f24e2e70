"""`learn` on GTZAN's clips as a made-up library: its genres under other names, taught by `train`.

Judged on `val`, which no lesson is of; and on `val` alone, by artists left out: a network that was trained
on `train` knows that part by heart, and judges itself too well there. Artists are made up: ten neighbouring
clips of a genre are one.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a script sees its own folder alone

from benchmarks.common import SHARED, library_in, material, options, scratch, show

if TYPE_CHECKING:
    from audiotag.discovery.learn.run import Learnt
    from audiotag.library.records import Track
    from audiotag.model.card import ModelCard
    from audiotag.model.engines import Engine
    from audiotag.training.archives.archive import MelArchive

ARCHIVE = SHARED / "data" / "gtzan_mel_trainval.npz"
CLIPS_AN_ARTIST = 10


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
    train, val = (heard(clips.select(split), clips.genres, card, engine) for split in ("train", "val"))
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


@dataclass(frozen=True)
class Heard:
    """A clip's row of a library, and its genre."""

    track: Track
    word: str


def heard(clips: MelArchive, genres: tuple[str, ...], card: ModelCard, engine: Engine) -> list[Heard]:
    """What a scan would have made of the clips."""
    from audiotag.library.records import KnownTags, StoredModel, Track, TrackInfo
    from audiotag.training.archives.tracks import LabelledTracks

    tracks = LabelledTracks.of(clips, genres, card.frontend.frames)
    said = engine.predict(tracks.windows)
    probabilities = card.calibrated(tracks.mean(lambda windows: said.probabilities), tracks.counts)
    embedding = tracks.mean(lambda windows: said.embedding).astype(np.float32)
    model = StoredModel(card.identity, card.genres, card.thresholds)
    found = []
    for number, (label, track_id) in enumerate(
        zip(tracks.labels.tolist(), tracks.track_id.tolist(), strict=True)
    ):
        word = f"My {genres[label]}"
        tags = KnownTags("made up", "FLAC", (word,), (word,))
        info = TrackInfo(f"{word} {track_id // CLIPS_AN_ARTIST}", "", str(track_id), tags)
        track = Track(
            b"/gtzan/%06d.flac" % track_id, 1, 1, "ok", info, 30.0, 1, "all", "2030-01-01T00:00:00+00:00",
            model=model, probabilities=probabilities[number], embedding=embedding[number],
        )  # fmt: skip
        found.append(Heard(track, word))
    return found


def learnt(tracks: list[Heard], precision: float) -> Learnt:
    """By way of a library, as the command does it."""
    from audiotag.discovery.learn.lessons import read_lessons
    from audiotag.discovery.learn.run import LearnOptions, learn
    from audiotag.discovery.learn.words import Cleaning
    from audiotag.library.store import Store

    with scratch() as folder, Store(library_in(folder), write=True) as store:
        for one in tracks:
            store.put(one.track)
        return learn(read_lessons(store, [], Cleaning()), LearnOptions(precision=precision))


def judged(name: str, found: Learnt, tracks: list[Heard]) -> list[str]:
    """What `tag` would make of these tracks by a learnt model."""
    answers = [found.model.judge(one.track).judged()[0] for one in tracks]
    right = np.array([answer.name == one.word for answer, one in zip(answers, tracks, strict=True)])
    written = np.array([answer.reaches for answer in answers])
    precision = float(right[written].mean()) if written.any() else None
    # The first answer is the likeliest of those that reach their thresholds, where any does.
    return row(name, float(right.mean()), float(written.mean()), precision)


def row(name: str, top1: float, coverage: float, precision: float | None) -> list[str]:
    return [name, f"{top1:.3f}", f"{coverage:.3f}", "–" if precision is None else f"{precision:.3f}"]


if __name__ == "__main__":
    main()
