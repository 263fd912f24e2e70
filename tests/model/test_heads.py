"""The mixture of experts: each says its own genres alone, and a gate whom to listen to."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from audiotag.model.heads import NEVER, add_experts, add_hidden, expert_names, pool_taps

OWN = ((0, 1), (1, 2))  # of each expert the genres


def mixture(agreement: float = 0.0) -> keras.Model:
    """Three genres and two experts, which say what the logits say of their own genres; an embedding over 0
    is like the first one's music, under 0 like the second one's."""
    logits, embedding = keras.Input((3,)), keras.Input((1,))
    model = keras.Model([logits, embedding], add_experts(logits, embedding, collections=2))
    for name, own in zip(expert_names(2), OWN, strict=True):
        kernel, bias = np.zeros((4, 3)), np.full(3, NEVER)
        for genre in own:
            kernel[genre, genre], bias[genre] = 1.0, 0.0
        model.get_layer(name).set_weights([kernel, bias])
    model.get_layer("gate").set_weights([np.array([[1.0, -1.0]]), np.zeros(2)])
    model.get_layer("agreement").set_weights([agreement * np.eye(3)])
    return model


def said(model: keras.Model, logits: list[float], embedding: float) -> np.ndarray:
    return np.asarray(model([np.array([logits]), np.array([[embedding]])]))[0]


def test_an_expert_never_says_a_genre_that_is_not_its_own() -> None:
    sure = said(mixture(), [0.0, 0.0, 90.0], 100.0)
    np.testing.assert_allclose(sure, [0.5, 0.5, 0.0], atol=1e-6)
    assert said(mixture(), [90.0, 0.0, 0.0], -100.0)[0] == 0


def test_the_gate_says_how_much_each_expert_counts() -> None:
    first, second = np.array([0.5, 0.5, 0.0]), np.array([0.0, 0.5, 0.5])
    share = 1 / (1 + np.exp(-2 * 0.4))
    expected = share * first + (1 - share) * second
    np.testing.assert_allclose(said(mixture(), [0.0, 0.0, 0.0], 0.4), expected, atol=1e-6)


def test_a_genre_that_several_know_gains_nothing_by_that_where_the_softmax_disagrees() -> None:
    """The mean times a power of the softmax over all genres, summing to one again."""
    logits = [1.0, 0.0, 0.0]
    mean = said(mixture(), logits, 0.0)
    softmax = np.exp(logits) / np.exp(logits).sum()
    expected = mean * softmax**0.5
    np.testing.assert_allclose(said(mixture(0.5), logits, 0.0), expected / expected.sum(), atol=1e-6)


def test_one_expert_alone_is_the_output() -> None:
    logits, embedding = keras.Input((3,)), keras.Input((2,))
    model = keras.Model([logits, embedding], add_experts(logits, embedding, collections=1))
    assert expert_names(1) == ["probabilities"]
    names = {layer.name for layer in model.layers}
    assert "probabilities" in names
    assert not names & {"gate", "agreement", "mixture"}


@pytest.mark.parametrize(
    ("taps", "early"), [(("conv3", "conv5"), ["conv3"]), (("conv5",), ["conv5"]), (("conv3",), ["conv3"])]
)
def test_the_last_stage_has_no_part_in_what_transfers_unless_it_is_alone(
    taps: tuple[str, ...], early: list[str]
) -> None:
    """Each map is full of its own stage's number, mean and maximum alike."""
    maps = [keras.Input((4, 4, 2)) for _ in taps]
    model = keras.Model(maps, pool_taps(maps, taps))
    pooled, transferred = model([np.full((1, 4, 4, 2), int(tap[-1]), np.float32) for tap in taps])
    assert np.asarray(pooled)[0].tolist() == [int(tap[-1]) for tap in taps for _ in range(4)]
    assert np.asarray(transferred)[0].tolist() == [int(tap[-1]) for tap in early for _ in range(4)]


def test_the_hidden_layer_is_normed_only_where_it_is_asked_for() -> None:
    for normalise in (True, False):
        pooled = keras.Input((6,))
        hidden, seen = add_hidden(pooled, 5, 0.5, normalise)
        names = [layer.name for layer in keras.Model(pooled, [hidden, seen]).layers]
        assert hidden.shape == seen.shape == (None, 5)
        assert ("pooled_bn" in names) == normalise
