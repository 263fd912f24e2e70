"""A .keras file holds weights of 16 bits, and gives back the network that was saved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from audiotag.errors import ModelError
from audiotag.model.card import ModelFile, StyleOutput, file_digest, load_card
from audiotag.model.keras_file import load_network, save_network
from audiotag.model.network import NetworkSpec, build_network
from tests.helpers.models import MadeModel

WINDOWS = np.random.default_rng(1).random((3, 40, 48, 1), np.float32)


@pytest.mark.parametrize("arch", ["resnet50", "convpool"])
def test_it_comes_back_as_it_was_saved(arch: str, made_model: MadeModel, tmp_path: Path) -> None:
    """With three collections and a style, each weight rounded, in the network that was saved as well."""
    spec = NetworkSpec(40, 48, 3, taps=("conv3",), hidden=16, collections=3, styles=1, arch=arch)
    path = tmp_path / "saved.keras"
    network = build_network(spec)
    exact = network.get_layer("logits").get_weights()[0]
    save_network(network, spec, path)
    kept = network.get_layer("logits").get_weights()[0]
    np.testing.assert_array_equal(kept, exact.astype(np.float16).astype(np.float32))
    assert path.stat().st_size < 2.4 * network.count_params() + 400_000
    assert keras.config.dtype_policy().name == "float32"

    card = load_card(str(made_model.card_file))
    card = replace(
        card,
        folder=tmp_path,
        network=spec.to_card(),
        styles=(StyleOutput("Punk", card.genres[0], 0.5),),
        collections=dict.fromkeys("abc", card.genres),
        files={"keras": ModelFile(path.name, file_digest(path), "float16")},
    )
    again = load_network(card)
    for one, other in zip(again(WINDOWS), network(WINDOWS), strict=True):
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other))
    with pytest.raises(ModelError, match="not the network that its card describes"):
        load_network(replace(card, network=replace(spec, hidden=17).to_card()))
