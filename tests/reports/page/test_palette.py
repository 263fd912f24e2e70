"""The colours of a scale: seen on their ground, in one order, by the colour-blind as well."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest

from audiotag.reports.page.assets import text_of

# What is seen of linear RGB with one kind of cone missing: Machado, Oliveira and Fernandes 2009.
_SEEN = {
    "all cones": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
_GROUNDS = {"light": "#ffffff", "dark": "#151c24"}


def linear(colour: str) -> np.ndarray:
    """(3,) linear RGB, 0..1."""
    values = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def scale(theme: str) -> list[str]:
    declared = text_of("palette.js").partition("const SCALE")[2]
    found = re.search(rf"{theme}: \[([^\]]*)\]", declared)
    assert found is not None
    return re.findall(r"#[0-9a-f]{6}", found[1])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_colour_is_seen_on_its_ground(theme: str) -> None:
    """By 2.5 to 1 at least; what the map's ground is page.css says."""
    assert f"--surface: {_GROUNDS[theme]}" in text_of("page.css")
    ground = float(_LUMINANCE @ linear(_GROUNDS[theme]))
    for colour in scale(theme):
        low, high = sorted((ground, float(_LUMINANCE @ linear(colour))))
        assert (high + 0.05) / (low + 0.05) >= 2.5, colour


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("who", _SEEN)
def test_each_is_lighter_than_the_one_before(theme: str, who: str) -> None:
    lights = [float(_LUMINANCE @ (_SEEN[who] @ linear(colour)).clip(0, 1)) for colour in scale(theme)]
    assert all(after > 1.15 * before for before, after in pairwise(lights))
