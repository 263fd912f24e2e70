"""Genres that a network names too seldom, or too often, of music it has not heard.

On the clips that it has learnt from, its mean answer is each genre's share of them. On held-out
albums it is not: what it could only learn by heart it does not find there again, and the genre's share
goes to the others. A number for each genre, added to its logit, gives it back (the bias
of bias-corrected temperature scaling, Alexandari et al. 2020); only tracks that had no part in the
training can tell which.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import keras

_STEPS = 1000
_SETTLED = 1e-9
# A probability of none at all could not be weighted.
_LEAST = 1e-12


def fit_balance(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The balance (genres,), mean 0, with which the labels (tracks,) int are likeliest, when each genre
    has half a track more than it has.

    probabilities (tracks, genres): of tracks without a part in the training, sums 1. With the balance
    their mean is each genre's share of the labels, the half tracks included, which keep that of a genre
    finite that does not occur. Found by generalized iterative scaling (Darroch & Ratcliff 1972), in
    which every step is likelier than the one before; at most 1,000 of them, which only few and very
    sure tracks need.
    """
    genres = probabilities.shape[1]
    probabilities = balanced(np.maximum(probabilities, _LEAST), np.zeros(genres))
    wanted = (np.bincount(labels, minlength=genres) + 0.5) / (len(labels) + 0.5 * genres)
    balance = np.zeros(genres)
    for _ in range(_STEPS):
        step = np.log(wanted / balanced(probabilities, balance).mean(axis=0))
        balance += step
        if np.ptp(step) < _SETTLED:
            break
    return np.asarray(balance - balance.mean())


def balanced(probabilities: np.ndarray, balance: np.ndarray | Sequence[float]) -> np.ndarray:
    """Probabilities (…, genres) with `balance` (genres,) added to the logits behind them."""
    weighted = np.asarray(probabilities, np.float64) * np.exp(balance)
    return np.asarray(weighted / weighted.sum(axis=-1, keepdims=True))


def add_balance(network: keras.Model, balance: Sequence[float]) -> None:
    """Add it to the logits of a network, or of each member of an average of networks, for good."""
    for layer in network.layers:
        if layer.name.endswith("logits"):
            layer.bias.assign_add(np.asarray(balance, np.float32))
