"""A network with its later stages in 8 bits says almost the same, on every CPU the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper

from audiotag.model.card import load_card
from audiotag.model.engines import open_engine
from audiotag.model.int8.quantize import quantize
from audiotag.model.network import NetworkSpec, build_network
from audiotag.model.onnx_export import export_onnx
from tests.model.test_engines import windows

SPEC = NetworkSpec(40, 48, 3, taps=("conv3", "conv4"), hidden=16, embedding=8)
GIVEN = np.random.default_rng(3).integers(0, 256, (16, 40, 48), np.uint8)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With norms that make some channels loud and others quiet."""
    keras.utils.set_random_seed(5)
    network = build_network(SPEC)
    random = np.random.default_rng(4)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            gamma, beta, mean, variance = layer.get_weights()
            gamma = np.exp(random.normal(0, 1, gamma.shape))
            layer.set_weights([gamma, random.normal(0, 0.1, beta.shape), mean, variance])
    path = tmp_path_factory.mktemp("int8") / "network.onnx"
    export_onnx(network, path)
    return path


def said(path: Path, names: tuple[str, ...] = ("embedding", "probabilities")) -> list[np.ndarray]:
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return list(session.run(list(names), {"windows": GIVEN}))


def cosines(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return np.asarray((one * other).sum(axis=1) / lengths)


def graph_of(path: Path) -> Any:
    return onnx.load(path).graph


def test_it_says_almost_the_same(exported: Path, tmp_path: Path) -> None:
    assert quantize(exported, tmp_path / "fast.onnx", GIVEN, stages=("conv4",))
    (embedding, probabilities), (fast, judged) = said(exported), said(tmp_path / "fast.onnx")
    assert cosines(embedding, fast).min() > 0.99
    np.testing.assert_allclose(judged, probabilities, atol=0.05)
    assert not np.array_equal(fast, embedding)


def test_only_these_stages_are_of_8_bits(exported: Path, tmp_path: Path) -> None:
    assert quantize(exported, tmp_path / "fast.onnx", GIVEN[:2], stages=("conv4",))
    kinds = {one.name: one.data_type for one in graph_of(tmp_path / "fast.onnx").initializer}
    kernels = {name: kind for name, kind in kinds.items() if "kernel" in name and "scale" not in name}
    whole = {name for name, kind in kernels.items() if kind == onnx.TensorProto.INT8 and "zero" not in name}
    assert len(whole) == 6 * 3 + 1  # six blocks, the first of which has a shortcut
    assert all(name.startswith("conv4_") for name in whole)
    others = {name: kind for name, kind in kernels.items() if not name.startswith("conv4_")}
    assert set(others.values()) == {onnx.TensorProto.FLOAT16}
    assert (tmp_path / "fast.onnx").stat().st_size < 0.7 * exported.stat().st_size


def test_a_kernel_uses_all_steps_of_each_of_its_channels(exported: Path, tmp_path: Path) -> None:
    assert quantize(exported, tmp_path / "fast.onnx", GIVEN[:2], stages=("conv4",))
    graph = graph_of(tmp_path / "fast.onnx")
    kernels = [numpy_helper.to_array(one) for one in graph.initializer if one.name.endswith("_kernel_8")]
    assert kernels
    for kernel in kernels:
        assert set(abs(kernel.astype(int)).reshape(len(kernel), -1).max(axis=1)) == {127}


def test_the_runtime_makes_integer_kernels_of_it(exported: Path, tmp_path: Path) -> None:
    assert quantize(exported, tmp_path / "fast.onnx", GIVEN[:2], stages=("conv4",))
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimised.onnx")
    options.log_severity_level = 4
    onnxruntime.InferenceSession(tmp_path / "fast.onnx", options, providers=["CPUExecutionProvider"])
    assert Counter(node.op_type for node in graph_of(tmp_path / "optimised.onnx").node)["QLinearConv"] == 19


def test_the_same_windows_give_the_same_file(exported: Path, tmp_path: Path) -> None:
    for name in ("one.onnx", "two.onnx"):
        assert quantize(exported, tmp_path / name, GIVEN[:2], stages=("conv4",))
    assert (tmp_path / "one.onnx").read_bytes() == (tmp_path / "two.onnx").read_bytes()


def test_a_network_without_such_stages_is_left_alone(exported: Path, tmp_path: Path) -> None:
    export_onnx(build_network(replace(SPEC, arch="convpool", embedding=0)), tmp_path / "network.onnx")
    assert not quantize(tmp_path / "network.onnx", tmp_path / "fast.onnx", GIVEN)
    assert not (tmp_path / "fast.onnx").exists()


def test_the_shipped_one_says_almost_what_the_network_in_32_bits_says() -> None:
    """On made-up pictures, which are none that it was fitted to; songs are in test_music.py."""
    card = load_card()
    given = windows(card, 6)
    exact, fast = (open_engine(card, name, 4).predict(given) for name in ("onnx", "onnx-int8"))
    assert cosines(exact.embedding, fast.embedding).min() > 0.97
    np.testing.assert_allclose(
        card.calibrated(fast.probabilities, 1), card.calibrated(exact.probabilities, 1), atol=0.08
    )
