"""Every number of a recipe can be changed by name; a mistake is named."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields, replace
from typing import Any

import pytest

from audiotag.errors import UsageError
from audiotag.training.learning.augment import Augmentation
from audiotag.training.recipe import Recipe, StageRates, change, recipe_for


def test_settings_of_all_kinds() -> None:
    changed = change(
        Recipe(),
        [
            "mixup=0",
            "trunk.epochs=3",
            "augmentation.time_masks=0",
            "taps=conv4",
            "dtype=bfloat16",
            "enlarge=2,1",
            "experts.gate=0.3",
            "augmentation.low_pass=0.25",
        ],
    )
    assert (changed.mixup, changed.trunk.epochs, changed.augmentation.time_masks) == (0.0, 3, 0)
    assert (changed.taps, changed.dtype, changed.enlarge) == (("conv4",), "bfloat16", (2, 1))
    assert (changed.experts.gate, changed.experts.share) == (0.3, Recipe().experts.share)
    assert changed.augmentation.low_pass == 0.25
    assert changed.head == Recipe().head


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ("mixup", "NAME=VALUE"),
        ("mixups=0", "no 'mixups' there; there are: .*mixup"),
        ("trunk.epoch=3", "no 'epoch' there; there are: epochs, rate, batch"),
        ("trunk=3", "name one setting"),
        ("mixup.alpha=3", "name one setting"),
        ("trunk.epochs=many", "'many' is not a int"),
        ("dtype=float8", "dtype is float32 or bfloat16"),
        ("trunk.batch=0", "recipe: trunk.batch is at least 1, not 0"),
        ("augmentation.tilt_db=nan", "recipe: augmentation.tilt_db is at least 0, not nan"),
        ("enlarge=2", r"recipe: enlarge is two whole numbers of at least 1, not \(2,\)"),
        ("enlarge=2,1,1", "recipe: enlarge is two whole numbers"),
        ("enlarge=two", "'two' is not numbers with commas between"),
        ("experts=1", "name one setting"),
        ("balance=1", "no 'balance' there"),
        ("taps=", "recipe: taps is one or more of conv3, conv4, conv5, in this order, not"),
    ],
)
def test_a_mistake_is_named(setting: str, named: str) -> None:
    with pytest.raises(UsageError, match=named):
        change(Recipe(), [setting])


NAN, INF = float("nan"), float("inf")


def recipe_with(name: str, value: Any) -> Recipe:
    """A recipe of which one setting is another."""
    part, _, last = name.rpartition(".")
    if part:
        last, value = part, replace(getattr(Recipe(), part), **{last: value})
    return replace(Recipe(), **{last: value})


@pytest.mark.parametrize(
    ("name", "wrong", "allowed"),
    [
        *((f"{phase}.epochs", (-1,), "at least 0") for phase in ("head", "trunk")),
        *((f"{phase}.batch", (0, -1), "at least 1") for phase in ("head", "trunk")),
        *((f"{phase}.rate", (0.0, -1e-3, NAN, INF), "over 0") for phase in ("head", "trunk")),
        *((f"rates.{part.name}", (-0.1, NAN, INF), "at least 0") for part in fields(StageRates)),
        *((f"augmentation.{part.name}", (-1,), "at least 0") for part in fields(Augmentation)[:-1]),
        *(
            (name, (1.5, NAN), "a whole number")
            for name in ("trunk.epochs", "hidden", "embedding", "augmentation.band_shift")
        ),
        ("augmentation.tilt_db", (NAN, INF), "at least 0"),
        *(
            (f"augmentation.{name}", (-0.1, 1.1, NAN), "at least 0 and at most 1")
            for name in ("contrast", "levelling", "low_pass", "noise_floor")
        ),
        ("augmentation.top_db", (0.0, -80.0, NAN, INF), "over 0"),
        ("taps", ((), ("conv2",), ("conv4", "conv3"), ("conv4", "conv4")), "one or more of conv3"),
        ("hidden", (0, -1), "at least 1"),
        ("enlarge", ((0, 1), (1, -1), (1,), (1, 1.5), ()), "two whole numbers of at least 1"),
        ("dropout", (-0.1, 1.0, NAN), "at least 0 and under 1"),
        ("label_smoothing", (-0.1, 1.0, NAN), "at least 0 and under 1"),
        *((name, (-0.1, 1.5, NAN), "0 to 1") for name in ("evenness", "experts.share")),
        *((f"experts.{name}", (0.0, -1.0, NAN, INF), "over 0") for name in ("sharpness", "expert", "gate")),
        ("embedding", (-1,), "at least 0"),
        ("views", (0,), "at least 1"),
        ("average", (0,), "at least 1"),
        ("frames", (-1, 1, 31), "0 or at least 32"),
        *(
            (name, (-0.1, NAN, INF), "at least 0")
            for name in ("weight_decay", "mixup", "distillation", "tags", "experts.agreement")
        ),
        ("precision", (0.0, 1.0, -0.5, NAN), "over 0 and under 1"),
        ("seed", (-1, 2**32), "at least 0 and under 4294967296"),
    ],
)
def test_a_senseless_value_is_named(name: str, wrong: tuple[object, ...], allowed: str) -> None:
    for value in wrong:
        with pytest.raises(UsageError) as caught:
            recipe_with(name, value)
        assert str(caught.value).startswith(f"recipe: {name} is {allowed}")
        assert str(caught.value).endswith(f", not {value!r}")


@pytest.mark.parametrize(
    "settings",
    [
        ["trunk.epochs=0", "head.epochs=0", "trunk.batch=1"],
        ["frames=0", "mixup=0", "dropout=0", "label_smoothing=0", "weight_decay=0", "distillation=0"],
        ["frames=32", "rates.conv1=0", "augmentation.time_zoom=0", "augmentation.band_masks=0", "seed=0"],
        ["taps=conv3,conv4,conv5"],
        ["taps=conv3,conv5"],
        ["embedding=0", "evenness=0", "experts.share=0", "experts.agreement=0", "tags=0"],
        ["evenness=1", "experts.share=1"],
        ["augmentation.low_pass=1", "augmentation.levelling=1", "augmentation.contrast=1"],
    ],
)
def test_the_edges_are_allowed(settings: list[str]) -> None:
    change(Recipe(), settings)


def test_keras_is_not_loaded_for_it() -> None:
    code = "import sys, audiotag.training.recipe; sys.exit('keras' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_each_architecture_has_a_recipe() -> None:
    assert recipe_for("convpool").hidden == 1024
    assert recipe_for("resnet50").head.epochs > 0
    with pytest.raises(UsageError, match="there are: resnet50, convpool, convconvpool"):
        recipe_for("vgg")
