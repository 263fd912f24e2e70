"""Somebody else's music: a collection judged by a model whose outputs were fitted without it.

For a collection that has not taught the trunk (it has no split `val`; training/learning/corpus.py):
experts, gate, calibration and thresholds are fitted to the others alone, as `audiotag train --leave-out
NAME` would.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # a script sees its own folder alone

from benchmarks.common import SHARED, material, options, show

if TYPE_CHECKING:
    from audiotag.model.card import ModelCard
    from audiotag.model.network import NetworkSpec
    from audiotag.training.archives.collections import Collection
    from audiotag.training.learning.corpus import Corpus
    from audiotag.training.recipe import Recipe

DATA = SHARED / "data"
ARCHIVES = [
    DATA / f"{name}.npz" for name in ("fma_small_mel_trainval", "gtzan_mel_trainval", "songs_taught_mel")
]
# Clips of songs by which README shows what the model does, and clips that another archive has as well.
ALSO_OUT = ("songs", "gtzan")


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("model", metavar="NAME|FILE", help="model card")
    parser.add_argument("collection", nargs="?", default="emotify", metavar="NAME", help="default emotify")
    parser.add_argument(
        "--archives", nargs="+", type=Path, metavar="ARCHIVE", help="default the three of README"
    )
    parser.add_argument(
        "--leave-out", action="append", metavar="NAME", help="a collection that has no part at all"
    )
    given = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    archives = given.archives or [material(None, path) for path in ARCHIVES]
    if all(archives):
        also = given.leave_out or ([] if given.archives else ALSO_OUT)
        judge(given.model, given.collection, archives, tuple(also))


def judge(model: str, name: str, archives: list[Path], also_out: tuple[str, ...]) -> None:
    from audiotag.model.card import load_card
    from audiotag.training.learning.corpus import Corpus
    from audiotag.training.recipe import ExpertSettings, Recipe, recipe_for
    from audiotag.training.run import Order, load_corpus

    card = load_card(model)
    stated = card.training.get("recipe", Recipe().to_card())
    experts = ExpertSettings(**stated["experts"])
    recipe = replace(recipe_for("resnet50"), experts=experts, precision=stated["precision"])
    corpus = load_corpus(Order(tuple(archives), "resnet50", recipe, left_out=also_out))
    names = [one.name for one in corpus.collections]
    if name not in names:
        raise SystemExit(f"no collection {name!r}; there are: {', '.join(names)}")
    rest = Corpus(tuple(one for one in corpus.collections if one.name != name))
    if rest.genres != card.genres:
        raise SystemExit(f"without {name} there are other genres: {', '.join(rest.genres)}")
    compare(card, corpus.collections[names.index(name)], rest, recipe)


def compare(card: ModelCard, apart: Collection, rest: Corpus, recipe: Recipe) -> None:
    """Fit the outputs to the rest, and judge the collection that is apart."""
    import numpy as np

    from audiotag.model.calibration import calibrated, written_genres
    from audiotag.model.network import NetworkSpec
    from audiotag.model.onnx_weights import load_network
    from audiotag.training.archives.tracks import LabelledTracks, predicting
    from audiotag.training.outputs.calibrate import calibrate
    from audiotag.training.outputs.fit import fit_outputs

    spec = replace(NetworkSpec.from_card(card), styles=0, collections=len(rest.known))
    network, found = fit_outputs(learnt_part(load_network(card), spec), spec, rest, recipe, print)
    chosen = calibrate(found.judged, recipe.precision)
    tracks = LabelledTracks.of(apart.clips, rest.genres, card.frontend.frames)
    probabilities = calibrated(found.song(tracks.mean(predicting(network)), tracks.counts), chosen.scaling)
    written = written_genres(probabilities, chosen.thresholds)
    own = np.unique(tracks.labels)
    closed = own[probabilities[:, own].argmax(axis=1)]
    some = written >= 0
    rows = [
        ["top-1 among its own genres", f"{(closed == tracks.labels).mean():.3f}"],
        ["top-1 among all genres", f"{(probabilities.argmax(axis=1) == tracks.labels).mean():.3f}"],
        ["written", f"{some.mean():.1%}"],
        ["of those right", f"{(written == tracks.labels)[some].mean():.1%}" if some.any() else ""],
    ]
    show(f"{apart.name}, {len(tracks.labels)} tracks, by outputs fitted without it", ["", ""], rows)


def learnt_part(network: Any, spec: NetworkSpec) -> Any:
    """A network of `spec` with what the trunk phase taught: all but the outputs that are fitted after it."""
    from audiotag.model.network import build_network

    new = build_network(spec)
    for layer in new.layers:
        if layer.weights and (
            layer.name in ("pooled_bn", "hidden", "logits") or layer.name.startswith(("conv", "post"))
        ):
            layer.set_weights(network.get_layer(layer.name).get_weights())
    return new


if __name__ == "__main__":
    main()
