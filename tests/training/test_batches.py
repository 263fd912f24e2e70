"""What the networks learn from: every clip once an epoch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from audiotag.training.batches import Targets, window_batches
from tests.training.stripes import RECIPE, striped


def test_an_epoch_holds_every_clip_once() -> None:
    clips = striped()
    numbered = np.repeat(np.arange(64.0)[:, None], 128, axis=1)
    targets = replace(Targets.of(clips, ("High", "Low")), vggish=numbered)
    unmixed = replace(RECIPE, trunk=replace(RECIPE.trunk, batch=10), mixup=0.0)
    batches = list(window_batches(clips.mel, 32, targets, unmixed, 0))
    assert [len(given) for given, _, _ in batches] == [10] * 6 + [4]
    assert sorted(np.concatenate([wanted["vggish"][:, 0] for _, wanted, _ in batches])) == list(range(64))
