"""`learn` on a half-tagged library of real music: what it says of itself, and what becomes of the other half.

The library is the `val` of labelled mel archives, which the shipped network has not learnt; of half of the
artists, by chance, the files have no genre. Twice: with the archives' own genres, and with FMA's finer ones,
several a track.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a script sees its own folder alone

from benchmarks.clip_library import Heard, fill, heard
from benchmarks.common import SHARED, library_in, material, options, run_audiotag, scratch, show

ARCHIVES = [SHARED / "data" / f"{name}_mel_trainval.npz" for name in ("fma_small", "gtzan")]
STYLES = SHARED / "data" / "fma_small_styles.csv"


@dataclass(frozen=True)
class Half:
    """Of the artists one half is tagged. words: the owner's, of each track by its number in `tracks`."""

    tracks: Sequence[Heard]
    words: Sequence[tuple[str, ...]]
    tagged: frozenset[str]

    def fill(self, db: Path) -> None:
        fill(
            db,
            (
                one.tagged(*(words if one.artist in self.tagged else ()))
                for one, words in zip(self.tracks, self.words, strict=True)
            ),
        )

    @cached_property
    def other(self) -> dict[str, tuple[str, ...]]:
        """Of the untagged tracks, by path, the words that their owner would give them."""
        both = zip(self.tracks, self.words, strict=True)
        return {one.path.decode(): words for one, words in both if one.artist not in self.tagged}


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--archives", nargs="+", type=Path, metavar="ARCHIVE", help="default FMA's, GTZAN's")
    parser.add_argument("--styles", type=Path, metavar="FILE", help=f"finer genres (default {STYLES})")
    parser.add_argument("--model", default="resnet50", metavar="NAME|FILE", help="default resnet50")
    parser.add_argument("--split", default="val", metavar="NAME", help="of the archives (default val)")
    parser.add_argument("--precision", nargs="+", type=float, default=[0.8, 0.7], metavar="P", help="wanted")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the halves (default 1)")
    given = parser.parse_args()
    archives = given.archives or [material(None, path) for path in ARCHIVES]
    styles = material(given.styles, STYLES)
    if None in archives or styles is None:
        return
    tracks = heard_by(given.model, archives, given.split)
    artists = sorted({one.artist for one in tracks})
    order = np.random.default_rng(given.seed).permutation(artists).tolist()
    tagged = frozenset(order[: len(artists) // 2])
    rows = []
    for name, words in (("their genres", own_genres(tracks)), ("finer genres", finer(tracks, styles))):
        rows += of_words(name, Half(tracks, words, tagged), given.precision)
    show(
        f"{len(tracks)} tracks, {sum(one.artist in tagged for one in tracks)} of them tagged",
        ["", "genres", "left out: first right", "written", "right", "other half: written", "right"],
        rows,
    )


def heard_by(model: str, archives: Sequence[Path], split: str) -> list[Heard]:
    from audiotag.model.card import load_card
    from audiotag.model.engines import open_engine
    from audiotag.training.archives.archive import load_archive

    card = load_card(model)
    engine = open_engine(card, "onnx", 16)
    found = []
    for path in archives:
        clips = load_archive(path)
        clips.require_frontend(card.frontend)
        found += heard(path.stem, clips.select(split), card, engine)
    return found


def own_genres(tracks: Sequence[Heard]) -> list[tuple[str, ...]]:
    return [(one.genre,) for one in tracks]


def finer(tracks: Sequence[Heard], styles: Path) -> list[tuple[str, ...]]:
    """Of the tracks that the file knows, its words; of others their genre."""
    from audiotag.training.archives.styles import read_styles

    known = {(row.track_id, row.genre): tuple(sorted(row.styles)) for row in read_styles(styles)}
    return [known.get((one.number, one.genre), (one.genre,)) for one in tracks]


def of_words(name: str, half: Half, precisions: Sequence[float]) -> list[list[str]]:
    """A row for each precision that is wanted, and two for what the network says of them without learning."""
    other = half.other
    rows = []
    with scratch() as folder:
        half.fill(library_in(folder))
        for precision in precisions:
            asked = ["learn", "--precision", f"{precision:g}"]
            printed = run_audiotag(folder, *asked, "-o", folder / "said").stdout
            print(f"\n{name}: audiotag {' '.join(asked)}\n{printed}", flush=True)
            said = json.loads((folder / "said" / "learnt.json").read_text(encoding="utf-8"))
            answers = report(folder, "--model", "mine")
            count = str(len(said["genres"]))
            rows.append([f"{name}, {precision:g}", count, *figures(said["own"]), *written(answers, other)])
        plain = report(folder)
        stands_for = nearest_words(plain, half)
    rows.append(
        [f"{name}, shipped, in your words", "", *figures(said["shipped"]), *written(plain, other, stands_for)]
    )
    rows.append([f"{name}, shipped, in its own", "", "", "", "", *written(plain, other)])
    return rows


def report(folder: Path, *arguments: str) -> list[dict[str, Any]]:
    """Every track as `report` has it."""
    lines = run_audiotag(folder, "report", "--json", "-", "-q", *arguments).stdout.splitlines()
    return [json.loads(line) for line in lines]


def nearest_words(answers: Sequence[Mapping[str, Any]], half: Half) -> dict[str, str]:
    """For each of the network's genres the word of most tagged tracks that it is the answer for, as `learn`
    finds it."""
    words = {one.path.decode(): own for one, own in zip(half.tracks, half.words, strict=True)}
    counts: dict[str, Counter[str]] = {}
    for answer in answers:
        if answer["path"] not in half.other:
            counts.setdefault(answer["genre"], Counter()).update(sorted(words[answer["path"]]))
    return {genre: found.most_common(1)[0][0] for genre, found in counts.items() if found}


def figures(worth: Mapping[str, float | None]) -> list[str]:
    return [share(worth["top1"]), share(worth["coverage"]), share(worth["precision"])]


def written(
    answers: Sequence[Mapping[str, Any]],
    truth: Mapping[str, tuple[str, ...]],
    stands_for: Mapping[str, str] | None = None,
) -> list[str]:
    """How many of the untagged tracks would get a genre, and how many of those get one of their own."""
    got = [one for one in answers if one["path"] in truth and one["status"] == "ok"]
    words = [one["genre"] if stands_for is None else stands_for.get(one["genre"]) for one in got]
    right = sum(word in truth[one["path"]] for word, one in zip(words, got, strict=True))
    return [
        f"{len(got)} of {len(truth)}, {share(len(got) / len(truth))}",
        f"{right}, {share(right / len(got) if got else None)}",
    ]


def share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


if __name__ == "__main__":
    main()
