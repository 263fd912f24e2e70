"""Every layer kind that our networks use is translated; any other is refused."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import onnxruntime
import pytest

from audiotag.model.network import NetworkSpec, build_network
from audiotag.model.onnx_export import export_onnx


def assert_same(network: keras.Model, path: Path) -> None:
    export_onnx(network, path)
    _, bands, frames, _ = network.input.shape
    given = np.random.default_rng(3).random((3, bands, frames), np.float32)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    ours = session.run(["probabilities", "embedding"], {"windows": given})
    for one, other in zip(ours, network(given[..., None], training=False), strict=True):
        np.testing.assert_allclose(one, np.asarray(other), atol=2e-3)


@pytest.mark.parametrize(
    "spec",
    [
        NetworkSpec(40, 48, 3, taps=("conv3",), hidden=16, enlarge=(2, 3)),
        NetworkSpec(40, 48, 3, taps=("conv3", "conv4", "conv5"), hidden=16),
        NetworkSpec(40, 48, 3, hidden=16, arch="convpool"),
        NetworkSpec(40, 48, 3, hidden=16, arch="convconvpool"),
    ],
)
def test_the_network_with_lively_norms(spec: NetworkSpec, tmp_path: Path) -> None:
    network = build_network(spec)
    random = np.random.default_rng(4)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            shapes = [weight.shape for weight in layer.weights]
            layer.set_weights([random.uniform(0.5, 1.5, shape).astype(np.float32) for shape in shapes])
    for variable in network.weights:  # as save_network leaves them
        variable.assign(np.asarray(variable).astype(np.float16).astype(np.float32))
    assert_same(network, tmp_path / "network.onnx")


def test_the_weights_are_stored_in_16_bits(tmp_path: Path) -> None:
    network = build_network(NetworkSpec(40, 48, 3, taps=("conv3",), hidden=16))
    export_onnx(network, tmp_path / "network.onnx")
    assert (tmp_path / "network.onnx").stat().st_size < 2.2 * network.count_params()


def test_a_layer_without_a_translation_is_refused(tmp_path: Path) -> None:
    given = keras.Input((8, 8, 1))
    x = keras.layers.AveragePooling2D(2)(given)
    x = keras.layers.GlobalAveragePooling2D(name="embedding")(x)
    network = keras.Model(given, [keras.layers.Dense(2, name="probabilities")(x), x])
    with pytest.raises(ValueError, match="AveragePooling2D"):
        export_onnx(network, tmp_path / "network.onnx")
