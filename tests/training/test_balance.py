"""A balance gives each genre its share of the answers, and makes the labels likelier."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiotag.model.ensemble import average_networks, set_member
from audiotag.training.balance import add_balance, balanced, fit_balance

if TYPE_CHECKING:
    import keras


@st.composite
def judged(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (tracks, genres) and labels (tracks,)."""
    genres, tracks = draw(st.integers(2, 8)), draw(st.integers(1, 60))
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    probabilities = random.dirichlet(np.full(genres, draw(st.floats(0.3, 3.0))), tracks)
    return balanced(np.maximum(probabilities, 1e-6), np.zeros(genres)), random.integers(0, genres, tracks)


def likelihood(probabilities: np.ndarray, labels: np.ndarray) -> float:
    return float(np.log(probabilities[np.arange(len(labels)), labels]).mean())


@settings(deadline=None)
@given(judged())
def test_the_mean_answer_is_the_share_of_each_genre(found: tuple[np.ndarray, np.ndarray]) -> None:
    probabilities, labels = found
    genres = probabilities.shape[1]
    balance = fit_balance(probabilities, labels)
    assert balance.sum() == pytest.approx(0, abs=1e-9)
    shares = (np.bincount(labels, minlength=genres) + 0.5) / (len(labels) + 0.5 * genres)
    np.testing.assert_allclose(balanced(probabilities, balance).mean(axis=0), shares, atol=1e-3)


@settings(deadline=None)
@given(judged())
def test_answers_that_are_in_balance_stay(found: tuple[np.ndarray, np.ndarray]) -> None:
    probabilities, labels = found
    settled = balanced(probabilities, fit_balance(probabilities, labels))
    np.testing.assert_allclose(settled.sum(axis=1), 1)
    again = balanced(settled, fit_balance(settled, labels))
    np.testing.assert_allclose(again.mean(axis=0), settled.mean(axis=0), atol=1e-3)


def test_what_is_named_too_seldom_is_found_again() -> None:
    """Logits with 1.5 taken from the third genre: just that comes back, and the likelihood with it."""
    random = np.random.default_rng(3)
    honest = random.dirichlet(np.full(3, 0.5), 20_000)
    labels = (honest.cumsum(axis=1) < random.random((20_000, 1))).sum(axis=1)
    shy = balanced(honest, np.array([0, 0, -1.5]))
    balance = fit_balance(shy, labels)
    np.testing.assert_allclose(balance, [-0.5, -0.5, 1.0], atol=0.06)
    gained = likelihood(balanced(shy, balance), labels) - likelihood(shy, labels)
    lost = likelihood(honest, labels) - likelihood(shy, labels)
    assert gained == pytest.approx(lost, rel=0.05)


def test_a_genre_that_does_not_occur_has_a_finite_balance() -> None:
    balance = fit_balance(np.full((4, 3), 1 / 3), np.array([0, 0, 1, 1]))
    assert np.isfinite(balance).all()
    assert balance[2] == balance.min()


def test_nor_has_one_that_is_never_thought_possible_an_endless_one() -> None:
    certain = np.array([[0.5, 0.5, 0.0], [0.9, 0.1, 0.0], [0.2, 0.8, 0.0]])
    assert np.isfinite(fit_balance(certain, np.array([0, 1, 2]))).all()


def test_each_member_of_an_average_gets_it() -> None:
    members = [small_network(), small_network()]
    windows = np.random.default_rng(0).random((3, 4, 5, 1), np.float32)
    one, other = (balanced(member.predict(windows, verbose=0)[0], (0.8, -0.8)) for member in members)
    network = average_networks(members, (0.7, 0.3))
    for number, member in enumerate(members):
        set_member(network, number, member)
    add_balance(network, (0.8, -0.8))
    np.testing.assert_allclose(network.predict(windows, verbose=0)[0], 0.7 * one + 0.3 * other, atol=1e-5)


def small_network() -> keras.Model:
    """Windows of 4 bands and 5 frames, two genres; random weights."""
    import keras

    window = keras.Input((4, 5, 1))
    embedding = keras.layers.Dense(3, name="embedding")(keras.layers.Flatten()(window))
    logits = keras.layers.Dense(2, name="logits")(embedding)
    return keras.Model(window, [keras.layers.Activation("softmax", name="probabilities")(logits), embedding])
