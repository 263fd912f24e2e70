"""The embedding, the experts and the gate of a network whose trunk and logits have learnt.

All are linear, and fitted in a minute to what the network makes of the training clips:

embedding   principal components of the early pooled stages, standardised first, not whitened; fitted
            so that each collection counts the same. What transfers best to genres never seen.
experts     of each collection a softmax over its own genres: the mean of what the network has learnt
            (logits) and of what a logistic regression on the embedding says. Those that err in
            different ways are righter together.
gate        a logistic regression on the embedding: which collection a window is like.

See model/heads.py for what is made of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from audiotag.model.heads import NEVER, expert_names
from audiotag.training.recipe import ExpertSettings

if TYPE_CHECKING:
    import keras

_EPSILON = 1e-3  # a pooled value that never changes says nothing, and must not be divided by 0
_MOST = 3000  # clips that the components are computed from


@dataclass(frozen=True)
class Evidence:
    """What a network makes of n clips: logits (n, genres), embedding (n, size). labels (n,) int, -1
    without one; collection (n,) int; group (n,) int."""

    logits: np.ndarray
    embedding: np.ndarray
    labels: np.ndarray
    collection: np.ndarray
    group: np.ndarray

    def of(self, index: np.ndarray) -> Evidence:
        """The clips at these positions."""
        return Evidence(
            self.logits[index],
            self.embedding[index],
            self.labels[index],
            self.collection[index],
            self.group[index],
        )


@dataclass(frozen=True)
class Linear:
    """kernel (inputs, outputs) and bias (outputs,) of a dense layer."""

    kernel: np.ndarray
    bias: np.ndarray

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """(n, inputs) → (n, outputs)."""
        return np.asarray(values @ self.kernel + self.bias)


@dataclass(frozen=True)
class Mixture:
    """experts: of each collection, evidence (logits, embedding) → logits of all genres. gate: embedding →
    logits of the collections; None with a single one. agreement: the power of the network's softmax."""

    experts: tuple[Linear, ...]
    gate: Linear | None
    agreement: float

    def __call__(self, evidence: Evidence) -> np.ndarray:
        """(n, genres) probabilities."""
        seen = np.concatenate([evidence.logits, evidence.embedding], axis=1)
        answers = np.stack([_softmax(expert(seen)) for expert in self.experts], axis=1)
        if self.gate is None:
            return np.asarray(answers[:, 0])
        mixture = np.einsum("nc,ncg->ng", _softmax(self.gate(evidence.embedding)), answers)
        with np.errstate(divide="ignore"):  # what no expert thinks possible stays impossible
            return _softmax(np.log(mixture) + self.agreement * evidence.logits)


def fit_embedding(early: np.ndarray, collection: np.ndarray, size: int, seed: int) -> Linear:
    """The first `size` principal components of features (n, features), or as many as there are."""
    weights = 1 / np.bincount(collection)[collection]
    weights /= weights.sum()
    mean = weights @ early
    deviation = np.sqrt(weights @ (early - mean) ** 2) + _EPSILON
    rng = np.random.default_rng([seed, 4])
    drawn = rng.choice(len(early), min(len(early), _MOST), p=weights)
    standardised = (early[drawn] - mean) / deviation
    _, _, components = np.linalg.svd(standardised - standardised.mean(axis=0), full_matrices=False)
    kernel = components[:size].T / deviation[:, None]
    return Linear(kernel, -mean @ kernel)


def fit_mixture(evidence: Evidence, possible: np.ndarray, settings: ExpertSettings) -> Mixture:
    """Experts and gate of the labelled clips. possible (collections, genres) bool: what each knows."""
    labelled = evidence.of(np.flatnonzero(evidence.labels >= 0))
    scale = float(labelled.embedding.std()) or 1.0  # a hidden layer may have died
    experts = []
    for number, known in enumerate(possible):
        own = labelled.of(np.flatnonzero(labelled.collection == number))
        experts.append(_expert(own, known, scale, settings))
    if len(experts) == 1:
        return Mixture(tuple(experts), None, 0.0)
    weights = 1 / np.bincount(labelled.collection)[labelled.collection]
    gate = _regression(labelled.embedding / scale, labelled.collection, len(possible), settings.gate, weights)
    gate = Linear(gate.kernel / scale, gate.bias)
    return Mixture(tuple(experts), gate, settings.agreement)


def _expert(own: Evidence, known: np.ndarray, scale: float, settings: ExpertSettings) -> Linear:
    """`settings.share` of what the network has learnt, the rest of what the regression says."""
    genres = np.flatnonzero(known)
    names = {int(genre): number for number, genre in enumerate(genres)}
    labels = np.array([names[int(label)] for label in own.labels])
    found = _regression(own.embedding / scale, labels, len(genres), settings.expert, np.ones(len(labels)))
    logits = np.zeros((len(known), len(known)))
    logits[genres, genres] = settings.share * settings.sharpness
    values = np.zeros((own.embedding.shape[1], len(known)))
    values[:, genres] = (1 - settings.share) * settings.sharpness * found.kernel / scale
    bias = np.full(len(known), NEVER)
    bias[genres] = (1 - settings.share) * settings.sharpness * found.bias
    return Linear(np.concatenate([logits, values]), bias)


def _regression(
    values: np.ndarray, labels: np.ndarray, classes: int, strength: float, weights: np.ndarray
) -> Linear:
    """Multinomial logistic regression; strength: of all clips together against the penalty, n times
    scikit-learn's C, so that it means the same for a small collection as for a large one. One class alone
    needs none."""
    from sklearn.linear_model import LogisticRegression

    kernel, bias = np.zeros((values.shape[1], classes)), np.full(classes, NEVER)
    present = np.unique(labels)
    if len(present) == 1:
        bias[present] = 0.0
        return Linear(kernel, bias)
    found = LogisticRegression(C=strength / len(labels), max_iter=500).fit(
        values, labels, sample_weight=weights * len(labels) / weights.sum()
    )
    if len(present) == 2:  # it gives the second one's log odds
        kernel[:, present] = np.concatenate([-found.coef_, found.coef_]).T / 2
        bias[present] = np.concatenate([-found.intercept_, found.intercept_]) / 2
    else:
        kernel[:, present], bias[present] = found.coef_.T, found.intercept_
    return Linear(kernel, bias)


def set_mixture(network: keras.Model, mixture: Mixture) -> None:
    """Give a network the experts and the gate."""
    for name, expert in zip(expert_names(len(mixture.experts)), mixture.experts, strict=True):
        set_layer(network, name, expert)
    if mixture.gate is not None:
        set_layer(network, "gate", mixture.gate)
        genres = mixture.experts[0].kernel.shape[1]
        network.get_layer("agreement").set_weights([mixture.agreement * np.eye(genres, dtype=np.float32)])


def set_embedding(network: keras.Model, embedding: Linear) -> None:
    """Give a network its embedding; components that there are not stay 0."""
    kernel, bias = (
        np.zeros(weight.shape, np.float32) for weight in network.get_layer("embedding").get_weights()
    )
    width = embedding.kernel.shape[1]
    kernel[:, :width], bias[:width] = embedding.kernel, embedding.bias
    set_layer(network, "embedding", Linear(kernel, bias))


def set_layer(network: keras.Model, layer: str, linear: Linear) -> None:
    """Give a dense layer its kernel and bias."""
    network.get_layer(layer).set_weights([linear.kernel.astype(np.float32), linear.bias.astype(np.float32)])


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
