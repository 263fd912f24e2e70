"""The network comes back from its ONNX file as it was exported."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audiotag.errors import ModelError
from audiotag.model.card import ModelFile, StyleOutput, file_digest, load_card
from audiotag.model.network import NetworkSpec, build_network
from audiotag.model.onnx_export import export_onnx
from audiotag.model.onnx_weights import load_network, onnx_arrays
from tests.helpers.models import MadeModel

WINDOWS = np.random.default_rng(1).random((3, 40, 48, 1), np.float32)


@pytest.mark.parametrize("arch", ["resnet50", "convpool"])
def test_it_comes_back_as_it_was_exported(arch: str, made_model: MadeModel, tmp_path: Path) -> None:
    """With three collections and a style; its weights are those of 16 bits."""
    spec = NetworkSpec(40, 48, 3, taps=("conv3",), hidden=16, collections=3, styles=1, arch=arch)
    path = tmp_path / "network.onnx"
    network = build_network(spec)
    export_onnx(network, path)
    card = load_card(str(made_model.card_file))
    card = replace(
        card,
        folder=tmp_path,
        network=spec.to_card(),
        styles=(StyleOutput("Punk", card.genres[0], 0.5),),
        collections=dict.fromkeys("abc", card.genres),
        files={"onnx": ModelFile(path.name, file_digest(path), "float16")},
    )
    again = load_network(card)
    for name in ("logits", "expert2", "gate", "styles"):
        for one, other in zip(
            again.get_layer(name).get_weights(), network.get_layer(name).get_weights(), strict=True
        ):
            np.testing.assert_array_equal(one, other.astype(np.float16).astype(np.float32))
    for one, other in zip(again(WINDOWS), network(WINDOWS), strict=True):
        np.testing.assert_allclose(np.asarray(one), np.asarray(other), atol=5e-3)
    with pytest.raises(ModelError, match="not the network that its card describes"):
        load_network(replace(card, network=replace(spec, hidden=17).to_card()))


def test_a_file_that_is_not_there_is_no_damaged_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        onnx_arrays(tmp_path / "gone.onnx")
