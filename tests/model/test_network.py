"""The Keras network: what it gives, and how it is built again from what a card keeps of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from audiotag.errors import ModelError
from audiotag.model.card import load_card
from audiotag.model.network import TAPS, NetworkSpec, build_network
from tests.helpers.models import MadeModel

SPEC = NetworkSpec(bands=40, frames=48, genres=3, taps=("conv3",), hidden=16)
WINDOWS = np.random.default_rng(0).random((2, 40, 48, 1), np.float32)


def test_it_gives_probabilities_and_an_embedding() -> None:
    probabilities, embedding = build_network(SPEC)(WINDOWS)
    assert tuple(embedding.shape) == (2, 16)
    np.testing.assert_allclose(np.asarray(probabilities).sum(axis=1), 1, rtol=1e-5)


def test_it_may_have_several_collections_an_embedding_of_its_own_and_styles() -> None:
    network = build_network(replace(SPEC, collections=3, embedding=7, styles=2))
    probabilities, embedding, styles = (np.asarray(output) for output in network(WINDOWS))
    assert (probabilities.shape, embedding.shape, styles.shape) == ((2, 3), (2, 7), (2, 2))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert ((styles > 0) & (styles < 1)).all()
    assert embedding.min() < 0, "an embedding of its own is linear"


@pytest.mark.parametrize(
    ("taps", "features"), [(("conv3",), 1024), (("conv3", "conv4"), 3072), (tuple(TAPS), 7168)]
)
def test_the_head_pools_mean_and_maximum_of_each_tap(taps: tuple[str, ...], features: int) -> None:
    network = build_network(NetworkSpec(40, 48, 3, taps=taps, embedding=4))
    assert network.get_layer("pooled").output.shape == (None, features)
    assert network.get_layer("early").output.shape == (None, min(features, 3072)), "without conv5"


def test_a_card_keeps_what_it_takes_to_build_it(made_model: MadeModel) -> None:
    card = load_card(str(made_model.card_file))
    assert NetworkSpec.from_card(card) == SPEC
    more = replace(SPEC, embedding=7, enlarge=(2, 1))
    assert NetworkSpec.from_card(replace(card, network=more.to_card())) == more
    several = replace(card, collections={"a": card.genres[:2], "b": card.genres[1:]})
    assert NetworkSpec.from_card(several).collections == 2


def test_an_unknown_architecture_names_those_there_are() -> None:
    with pytest.raises(ModelError, match="no architecture 'vgg'; there are: resnet50, convpool, conv"):
        build_network(replace(SPEC, arch="vgg"))
