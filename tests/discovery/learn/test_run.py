"""Learning as a whole: clusters are told apart, honestly judged, and laws of names, order and additions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiotag.discovery.learn.figures import doubts
from audiotag.discovery.learn.lessons import Lessons
from audiotag.discovery.learn.run import LearnOptions, Learnt, learn
from audiotag.errors import UsageError
from audiotag.library.records import StoredModel

SHIPPED = StoredModel("net-1", ("Folk", "Metal", "Rock"), (0.6, 0.6, None))
NAMES = ("Krautrock", "Bossa Nova", "Dad's tapes", "Polka")


def lessons(genres: int = 3, artists: int = 6, songs: int = 5, spread: float = 0.5, seed: int = 1) -> Lessons:
    """Clusters in eight numbers, an artist near the centre of one of them; the shipped model knows two."""
    random = np.random.default_rng(seed)
    centres = random.normal(0, 1, (4, 8))[:genres]
    vectors, words, groups, said = [], [], [], []
    for genre in range(genres):
        for artist in range(artists):
            own = centres[genre] + random.normal(0, spread / 2, 8)
            for _ in range(songs):
                vectors.append(own + random.normal(0, spread / 2, 8))
                words.append((NAMES[genre],))
                groups.append(genre * artists + artist)
                said.append([0.8, 0.1, 0.1] if genre == 0 else [0.1, 0.8, 0.1])
    x = np.array(vectors, np.float32)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    paths = tuple(b"/music/%04d.mp3" % number for number in range(len(x)))
    kinds = {"artist": len(x)}
    return Lessons(SHIPPED, x, tuple(words), np.array(groups), kinds, np.array(said, np.float32), paths)


def answers(found: Learnt, some: Lessons) -> list[str]:
    said = found.model.probabilities(some.vectors).argmax(axis=1)
    return [found.model.outputs[genre].name for genre in said]


class TestLearning:
    def test_clusters_are_told_apart_and_artists_that_were_not_heard_too(self) -> None:
        some = lessons()
        found = learn(some, LearnOptions())
        judged = found.judgement
        assert np.mean([[a] == list(w) for a, w in zip(answers(found, some), some.words, strict=True)]) > 0.95
        assert judged.own.top1 > 0.9
        assert (judged.own.precision or 0) > 0.8
        assert judged.tracks == 90
        assert sum(one.tracks for one in judged.genres) == 90
        assert {one.artists for one in judged.genres} == {6}

    def test_it_is_compared_with_the_shipped_model_and_the_most_frequent(self) -> None:
        judged = learn(lessons(), LearnOptions()).judgement
        assert judged.shipped.top1 == pytest.approx(2 / 3), "its two answers stand for two of three words"
        assert judged.most_frequent_share == pytest.approx(1 / 3)
        assert len(judged.curve) == 3
        assert 60 < judged.curve[-1].tracks < 90

    def test_noise_is_not_written(self) -> None:
        some = lessons(artists=12)
        random = np.random.default_rng(0)
        shuffled = replace(some, words=tuple(some.words[i] for i in random.permutation(len(some.words))))
        found = learn(shuffled, LearnOptions())
        assert found.judgement.own.coverage < 0.1
        assert found.judgement.own.top1 < 0.55

    def test_tracks_of_rare_genres_count_against_what_is_written(self) -> None:
        some = lessons(genres=4)
        rare = tuple((f"Rare {i}",) if word == ("Polka",) else word for i, word in enumerate(some.words))
        judged = learn(replace(some, words=rare), LearnOptions()).judgement
        assert (judged.tracks, judged.rest) == (90, 30)
        assert judged.own.coverage < 0.85

    def test_a_higher_precision_writes_less(self) -> None:
        some = lessons(spread=2.0, artists=12)
        modest, strict = (learn(some, LearnOptions(precision=p)).judgement.own for p in (0.5, 0.95))
        assert strict.coverage < modest.coverage

    def test_wrong_tags_are_doubted(self) -> None:
        some = lessons(artists=8)
        words = list(some.words)
        words[3] = ("Bossa Nova",)  # of the first cluster, Krautrock
        found = learn(replace(some, words=tuple(words)), LearnOptions())
        first = doubts(found.vocabulary.names, found.answers, some.paths, 3)[0]
        assert (first.path, first.own[0][0], first.instead) == (b"/music/0003.mp3", "Bossa Nova", "Krautrock")
        assert first.probability > 0.5 > first.own[0][1]

    def test_shipped_genres_that_the_owner_lacks_are_added(self) -> None:
        some = replace(
            lessons(), words=tuple(("metal",) if word == ("Polka",) else word for word in lessons().words)
        )
        found = learn(some, LearnOptions(with_shipped=True))
        assert found.model.shipped == (("Folk", 0.6), ("Metal", 0.6), ("Rock", None))
        named = replace(
            some, words=tuple(("METAL",) if word == ("Bossa Nova",) else word for word in some.words)
        )
        again = learn(named, LearnOptions(with_shipped=True))
        assert [name for name, _ in again.model.shipped] == ["Folk", "Rock"], "she has a Metal of her own"
        assert again.model.stored.genres[-2:] == ("Folk", "Rock")

    @pytest.mark.parametrize("precision", [0.0, -1, 1.01, float("nan")])
    def test_a_senseless_precision_is_wrong_usage(self, precision: float) -> None:
        with pytest.raises(UsageError, match="--precision"):
            LearnOptions(precision=precision)

    @pytest.mark.parametrize("name", ["", "../x", "a/b", "resnet50", "x.json", "a\nb", "x" * 61])
    def test_a_senseless_name_is_wrong_usage(self, name: str) -> None:
        with pytest.raises(UsageError, match="--name"):
            LearnOptions(name)


def same(one: Learnt, other: Learnt) -> bool:
    return (one.model.identity, one.model.stored, one.judgement) == (
        other.model.identity,
        other.model.stored,
        other.judgement,
    )


class TestLaws:
    def test_twice_is_the_same(self) -> None:
        assert same(learn(lessons(), LearnOptions()), learn(lessons(), LearnOptions()))

    @settings(max_examples=8, deadline=None)
    @given(st.permutations(range(3)), st.integers(0, 3))
    def test_other_names_change_nothing_but_names(self, order: list[int], seed: int) -> None:
        some = lessons(spread=1.5, seed=seed)
        new = dict(zip(NAMES[:3], (f"{number} Other" for number in order), strict=True))
        renamed = replace(some, words=tuple((new[word],) for (word,) in some.words))
        first, second = learn(some, LearnOptions()), learn(renamed, LearnOptions())
        assert [new[one.name] for one in first.model.outputs] == [one.name for one in second.model.outputs]
        np.testing.assert_array_equal(first.model.regression.slopes, second.model.regression.slopes)
        assert first.model.stored.thresholds == second.model.stored.thresholds
        assert first.judgement.own == second.judgement.own

    @settings(max_examples=6, deadline=None)
    @given(st.integers(0, 5))
    def test_a_genre_beside_others_leaves_what_is_written_of_them(self, seed: int) -> None:
        """A fourth genre far from three: the tracks of those get what they got before."""
        four = lessons(genres=4, spread=0.3, seed=seed)
        three = lessons(genres=3, spread=0.3, seed=seed)
        before, after = learn(three, LearnOptions()), learn(four, LearnOptions())
        old, new = answers(before, three), answers(after, three)
        assert [a for a, b in zip(old, new, strict=True) if a != b] == []
