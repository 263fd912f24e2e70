"""A style is learnt where it can be told on albums that were never heard."""

from __future__ import annotations

import numpy as np

from audiotag.training.archives.styles import Styles
from audiotag.training.outputs.learnt_styles import StyledClips, learn_styles

STYLES = Styles(("House", "Punk"), ("Electronic", "Rock"), {})


def clips(count: int = 400, albums: int = 80) -> StyledClips:
    """House is loud in the first value of the embedding; Punk is known by its album alone, a value of
    its own that no other album shares."""
    random = np.random.default_rng(5)
    genre = np.where(np.arange(count) % 2 == 0, "Electronic", "Rock")
    group = np.arange(count) * albums // count
    house = (genre == "Electronic") & (random.random(count) < 0.3)
    punk = (genre == "Rock") & (group % 4 == 0)
    embedding = random.normal(0, 1, (count, 3 + albums))
    embedding[:, 0] += 6 * house
    embedding[:, 3:] = 5 * np.eye(albums)[group]
    return StyledClips(embedding, np.stack([house, punk], axis=1), genre, group)


def test_a_style_is_proved_by_albums_left_out() -> None:
    """An album's own sound proves nothing, though it tells the tracks that were heard apart."""
    given = clips()
    found = learn_styles(given, given, STYLES, strength=40)
    assert [(one.name, one.parent) for one in found.outputs] == [("House", "Electronic")]
    assert list(found.areas) == ["House", "Punk"], "of what was tried and not proved as well"
    assert found.areas["House"][0] > 0.95
    assert found.areas["Punk"][0] < 0.8
    assert found.areas["Punk"][1] > 0.95, "of clips that taught it, as those given for val are here"


def test_above_the_threshold_three_of_four_are_right() -> None:
    given = clips()
    found = learn_styles(given, given, STYLES, strength=40)
    assert found.linear.kernel.shape == (given.embedding.shape[1], 1)
    probability = 1 / (1 + np.exp(-found.linear(given.embedding)[:, 0]))
    written = (probability >= found.outputs[0].threshold) & (given.genre == "Electronic")
    assert written.sum() >= 10
    assert given.carried[written, 0].mean() >= 0.75


def test_a_style_that_cannot_be_told_is_none() -> None:
    given = clips()
    deaf = StyledClips(0 * given.embedding, given.carried, given.genre, given.group)
    found = learn_styles(deaf, deaf, STYLES, strength=40)
    assert found.outputs == ()
    assert found.linear.kernel.shape == (given.embedding.shape[1], 0)
    assert all(apart <= 0.6 for apart, _ in found.areas.values())


def test_a_style_that_no_clip_carries_is_tried_and_left() -> None:
    given = clips()
    nobody = StyledClips(given.embedding, given.carried & False, given.genre, given.group)
    found = learn_styles(nobody, nobody, STYLES, strength=40)
    assert (found.outputs, found.areas) == ((), {"House": (0.5, 0.5), "Punk": (0.5, 0.5)})
