"""Several networks as one give the weighted mean of their answers, in every file of a model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audiotag.errors import ModelError
from audiotag.model.ensemble import average_networks, set_member
from audiotag.model.network import NetworkSpec, build_network
from audiotag.model.onnx_export import export_onnx
from tests.helpers.models import GENRES, SMALL

ONE = NetworkSpec(SMALL.bands, SMALL.frames, len(GENRES), taps=("conv3",), hidden=16)


@pytest.fixture(scope="module")
def windows() -> np.ndarray:
    return np.random.default_rng(3).random((6, SMALL.bands, SMALL.frames), np.float32)


def test_the_answer_is_the_mean_and_the_embedding_the_first_one_s(windows: np.ndarray) -> None:
    ones = [build_network(ONE) for _ in range(2)]
    together = average_networks(ones, [0.75, 0.25])
    for number, network in enumerate(ones):
        set_member(together, number, network)
    answers = [network.predict(windows[..., None], verbose=0) for network in ones]
    probabilities, embedding = together.predict(windows[..., None], verbose=0)
    mean = 0.75 * answers[0][0] + 0.25 * answers[1][0]
    np.testing.assert_allclose(probabilities, mean, atol=1e-6)
    np.testing.assert_allclose(embedding, answers[0][1], atol=1e-6)


def test_onnx_says_the_same(windows: np.ndarray, tmp_path: Path) -> None:
    import onnxruntime

    spec = NetworkSpec.from_card(
        {"arch": "resnet50", "taps": ["conv3"], "hidden": 16, "enlarge": [1, 1], "shares": [0.7, 0.3]},
        SMALL.bands, SMALL.frames, len(GENRES),
    )  # fmt: skip
    network = build_network(spec)
    network.set_weights([weight.astype(np.float16).astype(np.float32) for weight in network.get_weights()])
    export_onnx(network, tmp_path / "two.onnx")
    found = onnxruntime.InferenceSession(tmp_path / "two.onnx").run(
        ["probabilities", "embedding"], {"windows": windows}
    )
    for one, other in zip(found, network.predict(windows[..., None], verbose=0), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_a_card_that_does_not_say_has_one() -> None:
    silent = {key: value for key, value in ONE.to_card().items() if key != "shares"}
    assert NetworkSpec.from_card(silent, ONE.bands, ONE.frames, ONE.genres).shares == (1.0,)
    assert NetworkSpec.from_card(ONE.to_card(), ONE.bands, ONE.frames, ONE.genres).to_card() == ONE.to_card()


@pytest.mark.parametrize("shares", [(), (0.7,), (0.7, 0.7), (1.5, -0.5)])
def test_shares_that_are_no_mean_are_refused(shares: tuple[float, ...]) -> None:
    with pytest.raises(ModelError, match="at least 0 and sum to 1, not"):
        build_network(replace(ONE, shares=shares))
