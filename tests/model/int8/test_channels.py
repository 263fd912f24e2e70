"""Factors that go into channels and come out again: the network computes the same."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from audiotag.model.int8.channels import ChannelGroups, take_in
from audiotag.model.int8.constants import Constants

CHANNELS = 4


def block() -> onnx.ModelProto:
    """conv a → ReLU → conv b, summed with conv c; a norm, ReLU, conv d → output."""
    random = np.random.default_rng(2)
    stored = {
        **{f"{name}_kernel": random.normal(size=(CHANNELS, CHANNELS, 1, 1)) for name in "abcd"},
        **{f"{name}_bias": random.normal(size=CHANNELS) for name in "abcd"},
        **{
            f"norm_{part}": random.uniform(0.5, 2, CHANNELS)
            for part in ("scale", "shift", "mean", "variance")
        },
    }
    stored["norm_mean"], stored["norm_variance"] = np.zeros(CHANNELS), np.ones(CHANNELS)

    def convolve(name: str, source: str) -> onnx.NodeProto:
        return helper.make_node("Conv", [source, f"{name}_kernel", f"{name}_bias"], [name], name=name)

    norm = ["sum", *(f"norm_{part}" for part in ("scale", "shift", "mean", "variance"))]
    nodes = [
        convolve("a", "x"),
        helper.make_node("Relu", ["a"], ["a_relu"]),
        convolve("b", "a_relu"),
        convolve("c", "x"),
        helper.make_node("Add", ["c", "b"], ["sum"]),
        helper.make_node("BatchNormalization", norm, ["norm"], epsilon=0.0),
        helper.make_node("Relu", ["norm"], ["norm_relu"]),
        convolve("d", "norm_relu"),
    ]
    shape = [1, CHANNELS, 3, 3]
    graph = helper.make_graph(
        nodes,
        "block",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("d", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(values.astype(np.float32), name) for name, values in stored.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def said(model: onnx.ModelProto) -> np.ndarray:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    x = np.random.default_rng(1).normal(size=(1, CHANNELS, 3, 3)).astype(np.float32)
    return np.asarray(session.run(None, {"x": x})[0])


def test_sums_and_what_lies_behind_a_relu_share_their_channels() -> None:
    groups = ChannelGroups(block().graph, "abcd")
    assert groups.of("a") == groups.of("a_relu") != groups.of("b")
    assert groups.of("b") == groups.of("c") == groups.of("sum") != groups.of("norm")


def test_what_nobody_may_stretch_gets_no_factors() -> None:
    """The input, the output, and what a convolution reads that keeps its bits."""
    seen = {name: np.ones(CHANNELS) for name in ("x", "a_relu", "b", "c", "norm_relu", "d")}
    graph = block().graph
    every, some = ChannelGroups(graph, "abcd"), ChannelGroups(graph, "ab")
    assert set(every.factors(seen, 0.5)) == {every.of(name) for name in ("a", "b", "norm")}
    assert set(some.factors(seen, 0.5)) == {some.of("a")}


def test_where_norms_alone_read_all_channels_become_alike() -> None:
    groups = ChannelGroups(block().graph, "abcd")
    largest = {"b": np.array([8.0, 2.0, 1.0, 0.5]), "a_relu": np.array([4.0, 1.0, 1.0, 1.0])}
    factors = groups.factors(largest, 0.5)
    stretched = largest["b"] * factors[groups.of("b")]
    np.testing.assert_allclose(stretched, stretched[0], rtol=1e-5)
    half = largest["a_relu"] * factors[groups.of("a_relu")]
    assert half[0] / half[1] == pytest.approx(2)  # of 4, halfway


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["a_relu", "b", "norm_relu"]),
        st.lists(st.floats(1e-3, 1e3), min_size=CHANNELS, max_size=CHANNELS),
        min_size=1,
    )
)
def test_the_network_computes_the_same(largest: dict[str, list[float]]) -> None:
    model = block()
    before = said(model)
    groups, constants = ChannelGroups(model.graph, "abcd"), Constants(model.graph)
    factors = groups.factors({name: np.array(values) for name, values in largest.items()}, 0.5)
    take_in(model.graph, constants, groups, factors)
    names = {name for node in model.graph.node for name in node.input}
    del model.graph.initializer[:]
    model.graph.initializer.extend(constants.stored(names))
    np.testing.assert_allclose(said(model), before, rtol=1e-3, atol=1e-3)
