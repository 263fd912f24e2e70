"""A map of few sounds, by how far apart they are.

t-SNE goes by who is near whom, and of a dozen nearly all are: it draws them out into a line. Here each
pair is to lie as far apart as it sounds apart, as nearly as a plane can have it (least stress, by
majorization: Guttman's transform).
"""

from __future__ import annotations

import numpy as np

from audiotag.discovery.map.progress import MapProgress

_STEPS = 300
# Of the mean distance, which is added to every one: what sounds the same lies side by side, not in one point.
_ROOM = 0.05
# Instead of a mean distance of nothing, by which nothing can be divided.
_SAME = 1e-10
# A new sound begins in the middle of so many of its nearest, a little aside: from between two points no
# force leads away from their line.
_MIDDLE, _ASIDE = 3, (0.013, 0.007)


def spread(vectors: np.ndarray, start: np.ndarray, progress: MapProgress) -> np.ndarray:
    """vectors (n, size) of length 1, n at least 2, start (n, 2) → places (n, 2) float64, the same for the
    same vectors.

    A pair's distance is the fourth power of its vectors', for it is who is near that counts. It takes n²
    memory.
    """
    many = len(vectors)
    wanted = _apart(vectors, vectors)
    mean = _mean_of_pairs(wanted)
    wanted += _ROOM * mean
    pull = 1 / wanted
    np.fill_diagonal(pull, 0)
    balance = np.linalg.pinv(np.diag(pull.sum(axis=1)) - pull)
    # By a hair, lest they begin on a line, or in a point.
    places = mean * (start + 0.01 * np.random.default_rng(1).standard_normal((many, 2)))
    progress.begin("Laying the map", _STEPS)
    for _ in range(_STEPS):
        lengths = _lengths(places, places)
        forces = -1 / np.maximum(lengths, 1e-9 * mean)
        np.fill_diagonal(forces, 0)
        np.fill_diagonal(forces, -forces.sum(axis=1))
        places = balance @ (forces @ places)
        progress.advance(1)
    return np.asarray(places)


def settle(new: np.ndarray, vectors: np.ndarray, places: np.ndarray) -> np.ndarray:
    """new (m, size), among vectors (n, size) that lie at places (n, 2), n at least 1 → (m, 2) float64.

    By the same law, each for itself. The map's own scale is kept, however it was laid.
    """
    among = _apart(vectors, vectors)
    mean = _mean_of_pairs(among)
    among += _ROOM * mean
    np.fill_diagonal(among, 0)
    scale = float((among * _lengths(places, places)).sum() / max(float((among**2).sum()), 1e-30))
    if len(vectors) == 1:
        scale = 1.0
    wanted = scale * (_apart(new, vectors) + _ROOM * mean)
    nearest = np.argsort(wanted, axis=1, kind="stable")[:, :_MIDDLE]
    pull = 1 / np.maximum(wanted, 1e-30)
    pull /= pull.sum(axis=1, keepdims=True)
    found = places[nearest].mean(axis=1) + scale * mean * np.array(_ASIDE)
    for _ in range(_STEPS):
        lengths = np.maximum(_lengths(found, places), 1e-9 * scale * mean)
        share = pull * wanted / lengths
        found = pull @ places + share.sum(axis=1, keepdims=True) * found - share @ places
    return np.asarray(found)


def _apart(wanted: np.ndarray, among: np.ndarray) -> np.ndarray:
    """(m, size), (n, size) → how far apart they are to be (m, n) float64."""
    return np.asarray((2 - 2 * (wanted.astype(np.float64) @ among.T.astype(np.float64))) ** 2)


def _mean_of_pairs(apart: np.ndarray) -> float:
    """apart (n, n). At least a little; of one sound, which has no pairs, 1."""
    many = len(apart)
    return 1.0 if many < 2 else max(float(apart.sum()) / (many * (many - 1)), _SAME)


def _lengths(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(m, 2), (n, 2) → how far each lies from each (m, n)."""
    return np.asarray(np.sqrt(((some[:, None] - others[None]) ** 2).sum(axis=2)))
