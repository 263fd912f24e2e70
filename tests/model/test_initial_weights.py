"""A network begins with arrays by the names of its layers, or with the trunk of another model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from audiotag.model.initial_weights import load_initial_weights
from audiotag.model.network import NetworkSpec, build_network
from audiotag.model.onnx_export import export_onnx

SPEC = NetworkSpec(bands=40, frames=48, genres=3, taps=("conv3",), hidden=16)


class TestArrays:
    def test_they_go_to_the_layers_they_name(self, tmp_path: Path) -> None:
        kernel = np.random.default_rng(1).standard_normal((1, 1, 64, 64)).astype(np.float16)
        np.savez(tmp_path / "init.npz", **{"conv2_block1_1_conv/kernel": kernel, "elsewhere/kernel": kernel})
        network = build_network(SPEC)
        assert load_initial_weights(network, tmp_path / "init.npz") == ["conv2_block1_1_conv"]
        np.testing.assert_array_equal(np.asarray(network.get_layer("conv2_block1_1_conv").kernel), kernel)

    def test_a_colour_stem_sees_a_grey_picture_in_its_own_range(self, tmp_path: Path) -> None:
        """conv(0..1, one channel) equals conv(-1..1, three channels), away from the border."""
        random = np.random.default_rng(2)
        kernel = random.standard_normal((7, 7, 3, 64)).astype(np.float32)
        bias = random.standard_normal(64).astype(np.float32)
        np.savez(tmp_path / "init.npz", **{"conv1_conv/kernel": kernel, "conv1_conv/bias": bias})
        network = build_network(SPEC)
        assert load_initial_weights(network, tmp_path / "init.npz") == ["conv1_conv"]
        picture = random.random((1, 40, 48, 1), np.float32)
        ours = network.get_layer("conv1_conv")(picture)
        rgb = np.repeat(2 * picture - 1, 3, axis=3)
        theirs = keras.ops.conv(rgb, kernel, strides=2, padding="valid") + bias
        np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), atol=1e-3)

    def test_an_array_of_another_shape_is_refused(self, tmp_path: Path) -> None:
        np.savez(tmp_path / "init.npz", **{"hidden/kernel": np.zeros((3, 3))})
        with pytest.raises(ValueError, match=r"hidden/kernel is \(3, 3\), the network wants \(1024, 16\)"):
            load_initial_weights(build_network(SPEC), tmp_path / "init.npz")

    def test_arrays_of_another_network_are_refused(self, tmp_path: Path) -> None:
        np.savez(tmp_path / "init.npz", **{"conv9_conv/kernel": np.zeros(2)})
        with pytest.raises(ValueError, match="none of its arrays is of this network"):
            load_initial_weights(build_network(SPEC), tmp_path / "init.npz")

    @pytest.mark.parametrize("name", ["init.npz", "init.keras", "init.onnx"])
    def test_what_is_no_archive_at_all_is_refused(self, name: str, tmp_path: Path) -> None:
        (tmp_path / name).write_bytes(b"\x93NUMPY\x01\x00")
        with pytest.raises(ValueError, match=r"not a(n ONNX| whole \.npz, \.onnx or \.keras) file"):
            load_initial_weights(build_network(SPEC), tmp_path / name)


@pytest.mark.parametrize("kind", ["onnx", "keras"])
def test_of_a_model_with_other_heads_the_trunk_is_taken(kind: str, tmp_path: Path) -> None:
    """With more genres, collections and styles, and an embedding of its own."""
    trained = build_network(replace(SPEC, genres=5, collections=2, embedding=8, styles=2, hidden=24))
    path = tmp_path / f"trained.{kind}"
    if kind == "onnx":
        export_onnx(trained, path)
    else:
        trained.save(path)
    network = build_network(SPEC)
    heads = {name: network.get_layer(name).get_weights() for name in ("hidden", "logits")}

    filled = load_initial_weights(network, path)

    assert filled == [layer.name for layer in network.layers if layer.weights and layer.name[:4] == "conv"]
    assert len(filled) > 30
    for name, weights in heads.items():
        np.testing.assert_array_equal(network.get_layer(name).get_weights()[0], weights[0])
    windows = np.random.default_rng(3).random((2, 40, 48, 1), np.float32)
    ours, theirs = (
        keras.Model(one.input, one.get_layer("pooled").output)(windows) for one in (network, trained)
    )
    # An .onnx file has weights of 16 bits.
    np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=5e-3, atol=5e-3)
