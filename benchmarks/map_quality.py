"""How well the map keeps what is near: on the judged tracks of labelled archives, beside maps of less.

Beside it: a map of the probabilities alone, of all genres and of the archive's own (what the original project
drew), the two principal components, points at random; and what the embeddings themselves have. Last, a fifth
of the tracks placed into a map of the others, beside where they lie if all are laid together.

trust: scikit-learn's trustworthiness, 10 neighbours. kept: of a track's ten nearest by the cosine of the
embeddings, how many are among its thirty nearest on the map. genre, album: of its ten nearest on the map, how
many share them.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a script sees its own folder alone

from audiotag.discovery.map.layout import MapSettings, lay, two_components
from audiotag.discovery.map.neighbours import nearest
from audiotag.discovery.map.placing import Ground
from audiotag.discovery.map.progress import NoProgress
from audiotag.library.embeddings import unit_vectors
from benchmarks.accuracy import ARCHIVES
from benchmarks.common import material, options, show

if TYPE_CHECKING:
    from audiotag.training.evaluation.evaluate import Evaluation

_NEAREST, _ON_THE_MAP = 10, 30
_HEADINGS = ["", "trust", "kept", "genre", "album"]


@dataclass(frozen=True)
class Judged:
    """vectors (n, size) float32, of length 1, labels (n,), albums (n,), or None where they are not known."""

    vectors: np.ndarray
    labels: np.ndarray
    albums: np.ndarray | None

    def figures(self, places: np.ndarray) -> list[str]:
        """Those of a map of all of them, places (n, 2)."""
        from sklearn.manifold import trustworthiness

        apart = np.clip(1 - self.vectors @ self.vectors.T, 0, None)
        np.fill_diagonal(apart, 0)
        trust = trustworthiness(apart, places, n_neighbors=_NEAREST, metric="precomputed")
        return [f"{trust:.3f}", *self.neighbours(places, np.ones(len(places), bool))]

    def neighbours(self, places: np.ndarray, whose: np.ndarray) -> list[str]:
        """kept, genre and album of the tracks `whose` (n,) bool."""
        wanted = near(self.vectors, _NEAREST)[whose]
        shown = near(places.astype(np.float32), _ON_THE_MAP)[whose]
        kept = np.mean([np.isin(one, there).mean() for one, there in zip(wanted, shown, strict=True)])
        return [f"{kept:.3f}", *self.shared(shown[:, :_NEAREST], whose)]

    def shared(self, found: np.ndarray, whose: np.ndarray) -> list[str]:
        """How many of the tracks `found` (m, 10) share genre and album with those `whose` they are."""
        both = [self.labels, self.albums]
        return ["–" if by is None else f"{(by[found] == by[whose, None]).mean():.3f}" for by in both]


def near(vectors: np.ndarray, count: int) -> np.ndarray:
    """(n, count) int: the nearest of each, itself not among them."""
    return nearest(vectors, vectors, count, lambda _: None, selves=True)[0]


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("archives", nargs="*", type=Path, metavar="ARCHIVE", help="default FMA's, GTZAN's")
    parser.add_argument("--split", default="val", metavar="NAME", help="of the archives (default val)")
    parser.add_argument("--model", metavar="NAME|FILE", help="as for audiotag")
    given = parser.parse_args()
    for archive in given.archives or [material(None, path) for path in ARCHIVES]:
        if archive is not None:
            of_archive(archive, given.split, given.model)


def of_archive(path: Path, split: str, model: str | None) -> None:
    from audiotag.model.card import load_card
    from audiotag.model.engines import open_engine
    from audiotag.training.archives.archive import load_archive
    from audiotag.training.evaluation.evaluate import evaluate

    card = load_card() if model is None else load_card(model)
    found = evaluate(load_archive(path), split, card, open_engine(card, "onnx", 16))
    judged = judged_of(found)
    count = len(judged.labels)
    every, random = np.ones(count, bool), np.random.default_rng(0)
    own = found.probabilities[:, found.own_positions]
    whole = laid(judged.vectors)
    rows = [
        ["the map", *judged.figures(whole)],
        ["a map of all probabilities", *judged.figures(laid(found.probabilities))],
        [f"a map of the {own.shape[1]} own ones", *judged.figures(laid(own))],
        ["two principal components", *judged.figures(two_components(judged.vectors, random))],
        ["at random", *judged.figures(random.normal(size=(count, 2)))],
        ["the embeddings themselves", "", "", *judged.shared(near(judged.vectors, _NEAREST), every)],
    ]
    show(f"map of {count} tracks of {path.name}, split {split}, {card.identity}", _HEADINGS, rows)
    late = np.isin(np.arange(count), random.permutation(count)[: count // 5])
    placed = np.empty((count, 2))
    placed[~late] = laid(judged.vectors[~late])
    ground = Ground(judged.vectors[~late], placed[~late], MapSettings())
    placed[late] = ground.place(ground.neighbours(judged.vectors[late], NoProgress()))
    rows = [
        ["placed into a map of the others", *judged.neighbours(placed, late)],
        ["laid with the others", *judged.neighbours(whole, late)],
    ]
    show(f"a fifth of them, {late.sum()} tracks", [_HEADINGS[0], *_HEADINGS[2:]], rows)


def judged_of(found: Evaluation) -> Judged:
    """Raises SystemExit where there are too few tracks for such figures."""
    from audiotag.training.archives.groups import track_groups

    assert found.embeddings is not None
    if len(found.labels) < 2 * _ON_THE_MAP:
        raise SystemExit(f"{len(found.labels)} tracks are too few: {2 * _ON_THE_MAP} are wanted")
    albums = track_groups(found.track_id, found.labels)
    known = len(np.unique(albums)) < len(albums)
    return Judged(unit_vectors(found.embeddings)[0], found.labels, albums if known else None)


def laid(vectors: np.ndarray) -> np.ndarray:
    """(n, 2): a map as the library's is."""
    return lay(vectors.astype(np.float32, copy=True), MapSettings(), 1, NoProgress())


if __name__ == "__main__":
    main()
