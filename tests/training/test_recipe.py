"""Every number of a recipe can be changed by name; a mistake is named."""

from __future__ import annotations

import pytest

from audiotag.errors import UsageError
from audiotag.training.recipe import Recipe, change, recipe_for


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
        ],
    )
    assert (changed.mixup, changed.trunk.epochs, changed.augmentation.time_masks) == (0.0, 3, 0)
    assert (changed.taps, changed.dtype, changed.enlarge) == (("conv4",), "bfloat16", (2, 1))
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
    ],
)
def test_a_mistake_is_named(setting: str, named: str) -> None:
    with pytest.raises(UsageError, match=named):
        change(Recipe(), [setting])


def test_each_architecture_has_a_recipe() -> None:
    assert recipe_for("convpool").hidden == 1024
    assert recipe_for("resnet50").head.epochs > 0
    with pytest.raises(UsageError, match="there are: resnet50, convpool, convconvpool"):
        recipe_for("vgg")
