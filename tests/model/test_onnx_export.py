"""Every layer kind that our networks use is translated; any other is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import onnxruntime
import pytest

from audiotag.model.heads import NEVER
from audiotag.model.network import NetworkSpec, build_network
from audiotag.model.onnx_export import export_onnx

SMALL = NetworkSpec(40, 48, 3, taps=("conv3",), hidden=16)
BASELINE = replace(SMALL, arch="convpool")


def assert_same(network: keras.Model, path: Path) -> None:
    export_onnx(network, path)
    _, bands, frames, _ = network.input.shape
    given = np.random.default_rng(3).integers(0, 256, (3, bands, frames), np.uint8)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    assert names == ["probabilities", "embedding", "styles"][: len(network.outputs)]
    ours = session.run(names, {"windows": given})
    for one, other in zip(ours, network(given[..., None] / np.float32(255), training=False), strict=True):
        np.testing.assert_allclose(one, np.asarray(other), atol=2e-3)


def rounded(network: keras.Model) -> keras.Model:
    """As save_network leaves it."""
    for variable in network.weights:
        variable.assign(np.asarray(variable).astype(np.float16).astype(np.float32))
    return network


@pytest.mark.parametrize(
    "spec",
    [
        replace(SMALL, enlarge=(2, 3)),
        replace(SMALL, taps=("conv3", "conv4", "conv5"), embedding=8, collections=2),
        replace(SMALL, arch="convpool"),
        replace(SMALL, arch="convconvpool"),
    ],
)
def test_the_network_with_lively_norms(spec: NetworkSpec, tmp_path: Path) -> None:
    network = build_network(spec)
    random = np.random.default_rng(4)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            shapes = [weight.shape for weight in layer.weights]
            layer.set_weights([random.uniform(0.5, 1.5, shape).astype(np.float32) for shape in shapes])
    assert_same(rounded(network), tmp_path / "network.onnx")


@pytest.mark.parametrize("styles", [0, 2])
@pytest.mark.parametrize("collections", [1, 3])
def test_the_heads_of_any_number_of_collections_and_styles(
    collections: int, styles: int, tmp_path: Path
) -> None:
    network = build_network(replace(BASELINE, collections=collections, styles=styles))
    assert_same(rounded(network), tmp_path / "network.onnx")


def test_what_no_expert_thinks_possible_stays_impossible(tmp_path: Path) -> None:
    """Its probability is 0, of which the logarithm is not a number that anybody can go on with."""
    network = build_network(replace(BASELINE, collections=2))
    for name in ("expert1", "expert2"):
        kernel, bias = network.get_layer(name).get_weights()
        bias[2] = NEVER
        network.get_layer(name).set_weights([kernel, bias])
    assert_same(rounded(network), tmp_path / "network.onnx")
    said = network(np.random.default_rng(3).random((3, 40, 48, 1), np.float32))[0]
    assert np.asarray(said)[:, 2].tolist() == [0, 0, 0]


def test_the_weights_are_stored_in_16_bits(tmp_path: Path) -> None:
    network = build_network(SMALL)
    export_onnx(network, tmp_path / "network.onnx")
    assert (tmp_path / "network.onnx").stat().st_size < 2.2 * network.count_params()


def test_a_layer_without_a_translation_is_refused(tmp_path: Path) -> None:
    given = keras.Input((8, 8, 1))
    x = keras.layers.AveragePooling2D(2)(given)
    x = keras.layers.GlobalAveragePooling2D(name="embedding")(x)
    network = keras.Model(given, [keras.layers.Dense(2, name="probabilities")(x), x])
    with pytest.raises(ValueError, match="AveragePooling2D"):
        export_onnx(network, tmp_path / "network.onnx")


def test_an_activation_without_a_translation_is_refused(tmp_path: Path) -> None:
    given = keras.Input((8, 8, 1))
    x = keras.layers.Flatten(name="embedding")(given)
    network = keras.Model(given, [keras.layers.Dense(2, activation="gelu", name="probabilities")(x), x])
    with pytest.raises(ValueError, match="probabilities: activation gelu has no translation"):
        export_onnx(network, tmp_path / "network.onnx")


def small_network(*layers: keras.layers.Layer) -> keras.Model:
    """Windows of 8 x 6 through these layers, and what two genres and an embedding make of it."""
    windows = result = keras.layers.Input((8, 6, 1))
    for layer in layers:
        result = layer(result)
    pooled = keras.layers.GlobalAveragePooling2D()(result)
    said = keras.layers.Dense(2, activation="sigmoid")(pooled)
    return keras.Model(windows, [said, keras.layers.Flatten()(result)])


def test_a_norm_takes_in_the_bias_of_the_convolution_before_it(tmp_path: Path) -> None:
    network = small_network(
        keras.layers.Conv2D(3, 3, bias_initializer="random_normal"), keras.layers.BatchNormalization()
    )
    norm = network.layers[2]
    random = np.random.default_rng(4)
    norm.set_weights([random.uniform(0.5, 1.5, 3).astype(np.float32) for _ in norm.weights])
    assert_same(rounded(network), tmp_path / "network.onnx")


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (keras.layers.Conv2D(2, 3, strides=2, padding="same"), "'same' padding with a stride"),
        (keras.layers.UpSampling2D(2, interpolation="nearest"), "enlarging by nearest"),
        (keras.layers.ZeroPadding2D(1), "is followed by neither a convolution nor a pooling"),
        (keras.layers.LeakyReLU(), "LeakyReLU"),
    ],
)
def test_what_has_no_translation_is_refused(layer: keras.layers.Layer, words: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=words):
        export_onnx(small_network(layer), tmp_path / "network.onnx")
    assert list(tmp_path.iterdir()) == []


def test_nor_has_any_product_but_that_of_experts(tmp_path: Path) -> None:
    windows = keras.layers.Input((8, 6, 1))
    pooled = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3)(windows))
    grid = keras.layers.Reshape((2, 2))(pooled)
    product = keras.layers.Dot(axes=(1, 2))([grid, grid])
    network = keras.Model(windows, [keras.layers.Reshape((4,))(product), pooled])
    with pytest.raises(ValueError, match="a product over axes"):
        export_onnx(network, tmp_path / "network.onnx")
