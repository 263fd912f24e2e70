"""What is known of a clip is learnt of it, and of what is not known nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from audiotag.errors import ArchiveError
from audiotag.training.archives.archive import MelArchive
from audiotag.training.archives.collections import Collection
from audiotag.training.learning.targets import TrainingSet, standardised_tags

GENRES = ("Folk", "Jazz", "Rock")


def clips(genres: list[str], columns: int = 6, **more: Any) -> MelArchive:
    count = len(genres)
    mel = np.full((count, 4, columns), 200, np.uint8)
    return MelArchive(
        mel,
        np.array(genres),
        np.full(count, "train"),
        100 * np.arange(count),
        more.pop("vggish", None),
        **more,
    )


def test_a_clip_says_something_of_its_own_collection_s_genres_alone() -> None:
    taught = [Collection("a", clips(["Rock", "Folk"])), Collection("b", clips(["Jazz", ""]))]
    found = TrainingSet.of(taught, GENRES)
    assert found.collection.tolist() == [0, 0, 1, 1]
    assert found.targets.genre.tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 0, 0]]
    assert found.targets.possible.tolist() == [[1, 0, 1], [1, 0, 1], [0, 1, 0], [0, 1, 0]]
    assert found.targets.known == ("genre",)


def test_a_collection_without_genres_knows_none() -> None:
    found = TrainingSet.of([Collection("a", clips(["", ""]))], GENRES)
    assert not found.targets.possible.any()
    assert not found.targets.genre.any()


def test_a_genre_that_is_not_asked_for_is_refused() -> None:
    with pytest.raises(ArchiveError, match="no genre Pop"):
        TrainingSet.of([Collection("a", clips(["Pop"]))], GENRES)


def test_silence_follows_the_clips_of_a_shorter_collection() -> None:
    found = TrainingSet.of([Collection("a", clips(["Rock"], 4)), Collection("b", clips(["Jazz"], 6))], GENRES)
    assert found.mel.shape == (2, 4, 6)
    assert found.mel[0, 0].tolist() == [200] * 4 + [0] * 2


class TestVggish:
    def test_it_is_standardised_where_it_is_known(self) -> None:
        vggish = np.random.default_rng(1).normal(3, 2, (40, 128)).astype(np.float16)
        vggish[7] = np.nan
        taught = [Collection("a", clips(["Rock"] * 40, vggish=vggish)), Collection("b", clips(["Jazz"]))]
        found = TrainingSet.of(taught, GENRES).targets
        known = np.arange(41) % 40 != 7
        known[40] = False
        assert found.has_vggish.astype(bool).tolist() == known.tolist()
        np.testing.assert_allclose(found.vggish[known].mean(axis=0), 0, atol=1e-4)
        np.testing.assert_allclose(found.vggish[known].std(axis=0), 1, atol=1e-3)
        assert not found.vggish[~known].any()
        assert found.known == ("genre", "vggish")


class TestTags:
    def test_a_tagger_s_log_odds_are_standardised_over_all_archives(self) -> None:
        answers = np.random.default_rng(2).uniform(0.01, 0.99, (30, 1)).astype(np.float32)
        one = clips(["Rock"] * 10, tags=answers[:10], tag_names=("msd:rock",))
        other = clips(["Jazz"] * 20, tags=answers[10:], tag_names=("msd:rock",))
        values, known = standardised_tags([one, other])
        odds = np.log(answers / (1 - answers))
        expected = (odds - odds.mean()) / odds.std()
        np.testing.assert_allclose(values, expected, atol=1e-3)
        assert known.all()

    def test_who_has_not_been_heard_by_all_taggers_has_no_part(self) -> None:
        both = clips(["Rock"] * 3, tags=np.full((3, 2), 0.5, np.float32), tag_names=("msd:rock", "mtt:drums"))
        one = clips(["Jazz"] * 2, tags=np.full((2, 1), 0.5, np.float32), tag_names=("mtt:drums",))
        nobody = clips(["Folk"])
        values, known = standardised_tags([both, one, nobody])
        assert values.shape == (6, 2)
        assert known.tolist() == [1, 1, 1, 0, 0, 0]

    def test_one_that_is_far_off_is_not_listened_to_any_more(self) -> None:
        answers = np.full((200, 1), 0.5, np.float32)
        answers[0] = 1.0
        values, _ = standardised_tags([clips(["Rock"] * 200, tags=answers, tag_names=("msd:rock",))])
        assert values[0] == 4

    def test_without_taggers_there_is_nothing(self) -> None:
        values, known = standardised_tags([clips(["Rock"])])
        assert (values.shape, known.tolist()) == ((1, 0), [0])


def test_some_of_the_clips_keep_all_that_is_known_of_them() -> None:
    archive = replace(clips(["Rock", "Folk", "Rock"]), vggish=np.eye(3, 128, dtype=np.float16))
    whole = TrainingSet.of([Collection("a", archive)], GENRES)
    some = whole.take(np.array([2, 0]))
    assert (len(some), len(some.targets)) == (2, 2)
    for one, all_of_them in zip(some.targets.arrays(), whole.targets.arrays(), strict=True):
        np.testing.assert_array_equal(one, all_of_them[[2, 0]])
