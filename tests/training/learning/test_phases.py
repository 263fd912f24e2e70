"""The two phases: the heads learn on a trunk that stays, then all goes on from where it was stopped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from audiotag.training import train as train_module
from audiotag.training.learning.checkpoint import Checkpoint
from audiotag.training.learning.phases import TrainingData, learn_head
from audiotag.training.train import TrainConfig, train
from tests.training.stripes import RECIPE, SPEC, striped, stripes

FEW = replace(RECIPE, views=1, head=replace(RECIPE.head, epochs=2))
ALONE = replace(FEW, trunk=replace(RECIPE.trunk, epochs=0))
BASELINE = replace(SPEC, arch="convpool")
FEW_CLIPS = stripes(striped(32))


@pytest.fixture
def point(tmp_path: Path) -> Checkpoint:
    return Checkpoint(tmp_path / "run.npz", {"recipe": "few"})


@pytest.fixture(autouse=True)
def _no_outputs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Experts and styles, which are taught once all this is over, take as long again."""
    monkeypatch.setattr(train_module, "fit_outputs", lambda network, *_others: (network, None))


def weights(network: keras.Model, wanted: bool) -> list[np.ndarray]:
    """Of the heads, or of all that stands before them."""
    trunk = keras.Model(network.input, network.get_layer("pooled").output)
    names = {layer.name for layer in trunk.layers}
    layers = [layer for layer in network.layers if (layer.name not in names) is wanted]
    return [weight for layer in layers for weight in layer.get_weights()]


def test_the_heads_learn_on_a_trunk_that_stays(point: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[tuple[list[np.ndarray], list[np.ndarray]]] = []

    def watched(network: keras.Model, lesson: TrainingData, *others: Any) -> None:
        found.append((weights(network, True), weights(network, False)))
        learn_head(network, lesson, *others)
        found.append((weights(network, True), weights(network, False)))

    monkeypatch.setattr(train_module, "learn_head", watched)
    lines: list[str] = []
    train(FEW_CLIPS, TrainConfig(SPEC, ALONE, checkpoint=point), lines.append)
    assert lines == ["untouched trunk: view 1 of 1", "head: 2 epochs"]
    assert [path.name for path in point.path.parent.iterdir()] == ["run.view1.npz"]
    (heads, trunk), (new_heads, new_trunk) = found
    assert any(not np.array_equal(*pair) for pair in zip(new_heads, heads, strict=True))
    for after, before in zip(new_trunk, trunk, strict=True):
        np.testing.assert_array_equal(after, before)


@pytest.mark.slow
def test_a_run_goes_on_after_its_last_epoch(point: Checkpoint) -> None:
    lines: list[str] = []
    recipe = replace(FEW, trunk=replace(RECIPE.trunk, epochs=1, rate=1e-4))
    for epochs in (1, 2):
        longer = replace(recipe, trunk=replace(recipe.trunk, epochs=epochs))
        config = TrainConfig(BASELINE, longer, checkpoint=point, resume=epochs > 1)
        trained = train(FEW_CLIPS, config, lines.append)
    assert "resumed after epoch 1 of 2" in lines
    assert len(trained.history) == 2
    assert trained.history[0]["loss"] != trained.history[1]["loss"]
