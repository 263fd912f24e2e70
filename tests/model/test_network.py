"""The Keras network, its initial weights, and its two files that must say the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from audiotag.model.network import TAPS, NetworkSpec, build_network, load_initial_weights

SPEC = NetworkSpec(bands=40, frames=48, genres=3, taps=("conv3",), hidden=16)


def test_it_gives_probabilities_and_an_embedding() -> None:
    network = build_network(SPEC)
    probabilities, embedding = network(np.random.default_rng(0).random((2, 40, 48, 1), np.float32))
    assert tuple(embedding.shape) == (2, 16)
    np.testing.assert_allclose(np.asarray(probabilities).sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize(
    ("taps", "features"), [(("conv3",), 1024), (("conv3", "conv4"), 3072), (tuple(TAPS), 7168)]
)
def test_the_head_pools_mean_and_maximum_of_each_tap(taps: tuple[str, ...], features: int) -> None:
    network = build_network(NetworkSpec(40, 48, 3, taps=taps))
    assert network.get_layer("pooled").output.shape == (None, features)


class TestInitialWeights:
    def test_arrays_go_to_the_layers_they_name(self, tmp_path: Path) -> None:
        kernel = np.random.default_rng(1).standard_normal((1, 1, 64, 64)).astype(np.float16)
        np.savez(tmp_path / "init.npz", **{"conv2_block1_1_conv/kernel": kernel, "elsewhere/kernel": kernel})
        network = build_network(SPEC)
        assert load_initial_weights(network, tmp_path / "init.npz") == 1
        np.testing.assert_array_equal(np.asarray(network.get_layer("conv2_block1_1_conv").kernel), kernel)

    def test_a_colour_stem_sees_a_grey_picture_in_its_own_range(self, tmp_path: Path) -> None:
        """conv(0..1, one channel) equals conv(-1..1, three channels), away from the border."""
        import keras

        random = np.random.default_rng(2)
        kernel = random.standard_normal((7, 7, 3, 64)).astype(np.float32)
        bias = random.standard_normal(64).astype(np.float32)
        np.savez(tmp_path / "init.npz", **{"conv1_conv/kernel": kernel, "conv1_conv/bias": bias})
        network = build_network(SPEC)
        assert load_initial_weights(network, tmp_path / "init.npz") == 2
        picture = random.random((1, 40, 48, 1), np.float32)
        ours = network.get_layer("conv1_conv")(picture)
        rgb = np.repeat(2 * picture - 1, 3, axis=3)
        theirs = keras.ops.conv(rgb, kernel, strides=2, padding="valid") + bias
        np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), atol=1e-3)

    def test_an_array_of_another_shape_is_refused(self, tmp_path: Path) -> None:
        np.savez(tmp_path / "init.npz", **{"embedding/kernel": np.zeros((3, 3))})
        with pytest.raises(ValueError, match="embedding/kernel"):
            load_initial_weights(build_network(SPEC), tmp_path / "init.npz")
