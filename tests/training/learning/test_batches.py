"""What an epoch draws: from each collection as many as the recipe wants, none twice before all once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from audiotag.training.learning.batches import batches_per_epoch, draws, feature_batches, window_batches
from audiotag.training.learning.targets import Targets, TrainingSet
from audiotag.training.recipe import Phase, Recipe
from tests.training.stripes import RECIPE, striped

UNMIXED = replace(RECIPE, trunk=replace(RECIPE.trunk, batch=10), mixup=0.0)


def numbered(sizes: list[int], tags: bool = False) -> TrainingSet:
    """Silent clips of collections of these sizes; the number of each is its `vggish`."""
    count = sum(sizes)
    nothing = np.zeros((count, 0), np.float32)
    vggish = np.repeat(np.arange(count, dtype=np.float32)[:, None], 128, axis=1)
    targets = Targets(
        genre=np.eye(2, dtype=np.float32)[np.arange(count) % 2],
        possible=np.ones((count, 2), np.float32),
        vggish=vggish,
        has_vggish=np.ones(count, np.float32),
        tags=np.ones((count, 3), np.float32) if tags else nothing,
        has_tags=np.full(count, tags, np.float32),
    )
    mel = np.resize(striped(2).mel, (count, 40, 60))
    return TrainingSet(mel, np.repeat(np.arange(len(sizes)), sizes), targets)


def drawn(clips: TrainingSet, recipe: Recipe, epoch: int) -> list[int]:
    batches = window_batches(clips, 32, recipe, epoch)
    return [int(number) for _, wanted, _ in batches for number in wanted["vggish"][:, 0]]


def test_an_epoch_of_one_collection_holds_every_clip_once() -> None:
    clips = numbered([64])
    batches = list(window_batches(clips, 32, UNMIXED, 0))
    assert [len(given) for given, _, _ in batches] == [10] * 6 + [4]
    assert len(batches) == batches_per_epoch(64, UNMIXED.trunk)
    assert sorted(drawn(clips, UNMIXED, 0)) == list(range(64))


@given(st.lists(st.integers(0, 40), min_size=1, max_size=5).filter(any), st.floats(0, 1))
def test_every_clip_of_a_collection_is_drawn_before_one_is_drawn_again(
    sizes: list[int], evenness: float
) -> None:
    clips = numbered(sizes)
    recipe = replace(UNMIXED, evenness=evenness)
    views = np.zeros((1, sum(sizes), 2), np.float16)
    found = [
        int(number)
        for _, wanted, _ in feature_batches(views, clips, recipe, 3)
        for number in wanted["vggish"][:, 0]
    ]
    assert len(found) == sum(sizes), "an epoch is as long as there are clips"
    for number in range(len(sizes)):
        times = np.bincount(found, minlength=len(clips))[clips.collection == number]
        # Rounding may take or add a clip at the end.
        assert not len(times) or times.max() - times.min() <= 1 + (len(sizes) > 1)


@given(st.lists(st.integers(1, 3000), min_size=1, max_size=6), st.floats(0, 1))
def test_the_more_even_the_more_of_a_small_collection(sizes: list[int], evenness: float) -> None:
    collection = np.repeat(np.arange(len(sizes)), sizes)
    found = draws(collection, evenness)
    assert abs(found.sum() - sum(sizes)) <= len(sizes)
    order = np.argsort(sizes, kind="stable")
    assert (np.diff(found[order]) >= 0).all(), "a larger one is never drawn from less often"
    assert draws(collection, 0.0).tolist() == sizes
    even = draws(collection, 1.0)
    assert even.max() == even.min()


def test_a_collection_may_have_no_clips() -> None:
    assert draws(np.array([0, 0, 2, 2]), 1.0).tolist() == [2, 0, 2]


def test_what_is_drawn_depends_on_seed_and_epoch_alone() -> None:
    """So a run that is resumed sees what an unbroken one would."""
    clips = numbered([40, 9])
    assert drawn(clips, UNMIXED, 2) == drawn(clips, UNMIXED, 2)
    assert drawn(clips, UNMIXED, 2) != drawn(clips, UNMIXED, 3)
    assert drawn(clips, UNMIXED, 2) != drawn(clips, replace(UNMIXED, seed=2), 2)
    for one, other in zip(
        window_batches(clips, 32, RECIPE, 1), window_batches(clips, 32, RECIPE, 1), strict=True
    ):
        np.testing.assert_array_equal(one[0], other[0])


def test_each_clip_comes_as_one_of_its_views() -> None:
    clips = numbered([30])
    views = np.stack([np.full((30, 4), view) + 10 * np.arange(30)[:, None] for view in range(3)])
    found = list(feature_batches(views.astype(np.float16), clips, UNMIXED, 0))
    given = np.concatenate([batch[0] for batch in found])[:, 0].astype(int)
    numbers = np.concatenate([batch[1]["vggish"][:, 0] for batch in found]).astype(int)
    assert (given // 10).tolist() == numbers.tolist()
    assert set(given % 10) == {0, 1, 2}


def first_batch(clips: TrainingSet) -> Any:
    recipe = replace(UNMIXED, trunk=Phase(epochs=1, rate=1e-3, batch=len(clips)))
    return next(iter(window_batches(clips, 32, recipe, 0)))


def test_only_what_is_known_of_some_clip_is_taught() -> None:
    """An output that no layer has would be none that a network can learn."""
    _, wanted, weights = first_batch(numbered([8], tags=True))
    assert list(wanted) == list(weights) == ["genre", "vggish", "tags"]
    assert wanted["genre"].shape == (8, 4), "the genre, and which are possible"
    clips = numbered([8], tags=True)
    clips = replace(
        clips,
        targets=replace(clips.targets, has_vggish=np.zeros(8, np.float32), has_tags=np.zeros(8, np.float32)),
    )
    _, wanted, weights = first_batch(clips)
    assert list(wanted) == list(weights) == ["genre"]
