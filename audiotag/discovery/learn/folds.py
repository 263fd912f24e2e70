"""Folds in which whole artists are left out, and every genre is on both sides where that can be."""

from __future__ import annotations

import numpy as np

FOLDS = 5


def folds_of(labels: np.ndarray, groups: np.ndarray, most: int = FOLDS) -> np.ndarray:
    """(n,) int: in which fold each track is left out; at most `most`, at least two.

    labels (n, genres) bool, groups (n,) int. The rarest genre is dealt out first, its largest groups first,
    each to the fold that has the fewest tracks of it; so a genre of two artists is never left out whole,
    unless those share others that were dealt before.
    """
    names, member = np.unique(groups, return_inverse=True)
    count = min(most, len(names))
    # One more column: tracks of none of the genres are dealt out last.
    columns = np.column_stack([labels, np.ones(len(labels), bool)])
    tracks = np.zeros((len(names), columns.shape[1]), np.int64)
    np.add.at(tracks, member.reshape(-1), columns)
    fold_of = np.full(len(names), -1)
    filled = np.zeros((count, columns.shape[1]), np.int64)
    for genre in np.argsort((tracks > 0).sum(axis=0), kind="stable"):
        open_groups = np.flatnonzero((tracks[:, genre] > 0) & (fold_of < 0))
        for group in open_groups[np.argsort(-tracks[open_groups, genre], kind="stable")]:
            fold = np.lexsort((filled[:, -1], filled[:, genre]))[0]
            fold_of[group] = fold
            filled[fold] += tracks[group]
    return np.asarray(fold_of[member.reshape(-1)])
