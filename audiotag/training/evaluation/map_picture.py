"""The map of the judged tracks, as a picture: what sounds alike lies together, whatever it is called."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np

from audiotag.discovery.map.layout import MapSettings, lay
from audiotag.discovery.map.progress import NoProgress
from audiotag.library.embeddings import unit_vectors
from audiotag.pictures import picture, plain, save
from audiotag.training.evaluation.evaluate import Evaluation

# Okabe and Ito's colours, which colour-blind people can tell; with more genres the shapes differ too.
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#000000")
_SHAPES = ("o", "^", "s", "D")


def plot_map(evaluation: Evaluation, path: Path) -> None:
    """Each track a point, near what the model finds alike; colour and shape: its label; hollow: it got
    another answer. Tracks whose embedding has no direction are not on it."""
    figure, (axes,) = picture(9.5, 7.5)
    vectors, whole = unit_vectors(_embeddings(evaluation))
    places = lay(vectors[whole], MapSettings(), 1, NoProgress())
    labels, right = evaluation.labels[whole], evaluation.right[whole]
    styles = list(product(_SHAPES, _COLOURS))
    for number, genre in enumerate(np.unique(evaluation.labels)):
        shape, colour = styles[number % len(styles)]
        of_it = labels == genre
        for face, which in ((colour, of_it & right), ("none", of_it & ~right)):
            x, y = places[which].T
            axes.scatter(x, y, s=22, marker=shape, facecolors=face, edgecolors=colour, linewidths=0.9)
        # In the legend each is shown filled, whether any of its tracks is.
        axes.scatter([], [], s=22, marker=shape, color=colour, label=plain(evaluation.genres[genre]))
    axes.set_aspect("equal", adjustable="datalim")
    axes.set(xticks=[], yticks=[], title=f"Map of {len(places)} tracks by their embeddings (hollow: misread)")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    save(figure, path)


def _embeddings(evaluation: Evaluation) -> np.ndarray:
    """(n, size); where there are none, of size 1 and without direction."""
    if evaluation.embeddings is None:
        return np.zeros((len(evaluation.labels), 1))
    return evaluation.embeddings
