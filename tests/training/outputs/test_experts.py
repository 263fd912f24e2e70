"""Embedding, experts and gate are fitted to what a network makes of its clips."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest

from audiotag.model.heads import NEVER
from audiotag.model.network import build_network
from audiotag.training.outputs.experts import (
    Evidence,
    Linear,
    Mixture,
    fit_embedding,
    fit_mixture,
    set_embedding,
    set_mixture,
)
from audiotag.training.recipe import ExpertSettings
from tests.training.stripes import SEVERAL_SPEC, SPEC

# Freer than the recipe's own, which is for thousands of clips.
SETTINGS = ExpertSettings(expert=200.0, gate=200.0, agreement=0.5)
POSSIBLE = np.array([[True, True, False], [False, True, True]])


def evidence(count: int = 240) -> Evidence:
    """Three genres and two collections, which know the first two and the last two of them. The embedding's
    first value tells the collections apart, the second the genres; the logits are right in two of three."""
    random = np.random.default_rng(4)
    collection = np.arange(count) % 2
    labels = collection + random.integers(0, 2, count)
    embedding = random.normal(0, 0.3, (count, 4))
    embedding[:, 0] += 2.0 * collection - 1
    embedding[:, 1] += labels - 1
    logits = random.normal(0, 1, (count, 3))
    logits[np.arange(count), labels] += 2.0
    return Evidence(logits, embedding, labels, collection, np.arange(count))


class TestEmbedding:
    def test_its_values_come_by_how_much_they_vary(self) -> None:
        """Features that repeat two hidden values, one of them three times as often."""
        random = np.random.default_rng(1)
        hidden = random.normal(size=(3000, 2))
        early = np.concatenate(
            [hidden[:, [0]] * [3, -2, 1, 5, 4, 9], hidden[:, [1]] * [1, 2]], axis=1
        ) + random.normal(0, 0.01, (3000, 8))
        found = fit_embedding(early, np.zeros(3000, int), 2, seed=1)(early)
        np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-6)
        assert found[:, 0].var() > 2 * found[:, 1].var()
        for number in range(2):
            assert abs(np.corrcoef(found[:, number], hidden[:, number])[0, 1]) > 0.98

    def test_each_collection_counts_the_same(self) -> None:
        """However few its clips are: those of two lie apart, and their mean is half way between."""
        early = np.repeat([[0.0, 1.0], [10.0, 1.0]], [900, 100], axis=0)
        early += np.random.default_rng(2).normal(0, 0.1, early.shape)
        found = fit_embedding(early, np.repeat([0, 1], [900, 100]), 1, seed=1)(early)[:, 0]
        assert found[:900].mean() == pytest.approx(-found[900:].mean(), rel=1e-3)

    def test_a_feature_that_never_changes_says_nothing(self) -> None:
        early = np.random.default_rng(3).normal(size=(50, 3))
        early[:, 1] = 7.0
        found = fit_embedding(early, np.zeros(50, int), 3, seed=1)
        assert np.isfinite(found.kernel).all()

    def test_components_that_there_are_not_stay_0(self) -> None:
        network = build_network(replace(SPEC, embedding=5))
        set_embedding(network, Linear(np.ones((1024, 2)), np.ones(2)))
        kernel, bias = network.get_layer("embedding").get_weights()
        assert kernel.any(axis=0).tolist() == bias.astype(bool).tolist() == [True, True, False, False, False]


class TestMixture:
    def test_it_tells_apart_what_each_collection_knows(self) -> None:
        clips = evidence()
        mixture = fit_mixture(clips, POSSIBLE, SETTINGS)
        said = mixture(clips)
        np.testing.assert_allclose(said.sum(axis=1), 1, rtol=1e-6)
        right = said.argmax(axis=1) == clips.labels
        logits_alone = clips.logits.argmax(axis=1) == clips.labels
        assert right.mean() > max(0.9, logits_alone.mean() + 0.05)

    def test_an_expert_says_its_own_genres_alone(self) -> None:
        clips = evidence()
        mixture = fit_mixture(clips, POSSIBLE, SETTINGS)
        seen = np.concatenate([clips.logits, clips.embedding], axis=1)
        for expert, possible in zip(mixture.experts, POSSIBLE, strict=True):
            logits = expert(seen)
            assert (logits[:, ~possible] == NEVER).all()
            assert (logits[:, possible] > NEVER / 2).all()

    def test_the_gate_knows_the_collections(self) -> None:
        clips = evidence()
        gate = fit_mixture(clips, POSSIBLE, SETTINGS).gate
        assert gate is not None
        assert (gate(clips.embedding).argmax(axis=1) == clips.collection).mean() > 0.95

    def test_the_gate_counts_a_small_collection_as_much_as_a_large_one(self) -> None:
        """In between it is undecided, though nine of ten clips are from one of them."""
        clips = evidence(2000)
        kept = clips.of(np.flatnonzero((clips.collection == 0) | (np.arange(2000) % 20 == 1)))
        gate = fit_mixture(kept, POSSIBLE, SETTINGS).gate
        assert gate is not None
        first, second = gate(np.zeros((1, 4)))[0]
        assert abs(first - second) < 0.7 < np.log(10)

    def test_clips_without_a_label_have_no_say(self) -> None:
        clips = evidence()
        some = np.arange(len(clips.labels)) % 5 == 0
        unlabelled = replace(clips, labels=np.where(some, -1, clips.labels))
        strange = replace(
            unlabelled, embedding=np.where(some[:, None], 99.0, clips.embedding), collection=clips.collection
        )
        one, other = (fit_mixture(each, POSSIBLE, SETTINGS) for each in (unlabelled, strange))
        for expert, same in zip(one.experts, other.experts, strict=True):
            np.testing.assert_array_equal(expert.kernel, same.kernel)

    def test_how_much_is_of_the_logits(self) -> None:
        """All of it: then the regression is nothing, and the sharpness all there is to see."""
        settings = replace(SETTINGS, share=1.0, sharpness=1.3)
        (expert, _) = fit_mixture(evidence(), POSSIBLE, settings).experts
        np.testing.assert_allclose(expert.kernel[:3], np.diag([1.3, 1.3, 0.0]))
        assert not expert.kernel[3:].any()

    def test_one_collection_has_no_gate(self) -> None:
        clips = replace(evidence(), collection=np.zeros(240, int))
        mixture = fit_mixture(clips, np.ones((1, 3), bool), SETTINGS)
        assert mixture.gate is None
        assert (mixture(clips).argmax(axis=1) == clips.labels).mean() > 0.9

    def test_a_genre_that_is_left_out_is_not_said(self) -> None:
        """As a fold leaves one out that a single artist plays."""
        clips = evidence()
        kept = clips.of(np.flatnonzero((clips.labels != 0) | (clips.collection != 0)))
        settings = replace(SETTINGS, agreement=0.0)
        assert fit_mixture(kept, POSSIBLE, settings)(clips)[:, 0].max() < 1e-6

    def test_a_hidden_layer_that_has_died_leaves_the_logits(self) -> None:
        clips = replace(evidence(), embedding=np.zeros((240, 4)))
        said = fit_mixture(clips, POSSIBLE, SETTINGS)(clips)
        assert np.isfinite(said).all()
        assert (said.argmax(axis=1) == clips.labels).mean() > 0.5


@pytest.mark.parametrize("collections", [1, 2])
def test_the_network_says_what_the_mixture_says(collections: int) -> None:
    spec = replace(SEVERAL_SPEC, arch="convpool", embedding=0, hidden=4, collections=collections)
    network = build_network(spec)
    clips = evidence(60)
    possible = POSSIBLE if collections == 2 else np.ones((1, 3), bool)
    if collections == 1:
        clips = replace(clips, collection=np.zeros(60, int))
    mixture: Mixture = fit_mixture(clips, possible, SETTINGS)
    set_mixture(network, mixture)
    windows = np.random.default_rng(9).random((6, 40, 48, 1), np.float32)
    names = ("logits", "hidden")
    part = keras.Model(network.input, [network.get_layer(name).output for name in names])
    logits, hidden = (np.asarray(output) for output in part(windows))
    nobody = np.zeros(6, int)
    expected = mixture(Evidence(logits, hidden, nobody, nobody, nobody))
    np.testing.assert_allclose(np.asarray(network(windows)[0]), expected, atol=1e-4)
