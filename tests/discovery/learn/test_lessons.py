"""What of a library is a lesson, and what is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audiotag.discovery.learn import lessons as module
from audiotag.discovery.learn.lessons import Lessons, read_lessons
from audiotag.discovery.learn.run import LearnOptions, learn
from audiotag.discovery.learn.words import Cleaning
from audiotag.errors import LearnError
from audiotag.library import embeddings, tagged
from audiotag.library.records import KnownTags, StoredModel, Track, TrackInfo
from audiotag.library.store import Store
from tests.helpers.half_tagged import MODEL, fill, half_tagged, with_genres
from tests.helpers.sound_alikes import made_tracks

OLDER = StoredModel("older-1", MODEL.genres, MODEL.thresholds)


def read(db: Path, under: Sequence[bytes] = ()) -> Lessons:
    with Store(db, write=False) as store:
        return read_lessons(store, under, Cleaning())


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "library.db"


class TestWhatIsALesson:
    def test_tracks_with_genres_in_order_of_path(self, db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tagged, "_PAGE", 7)
        monkeypatch.setattr(embeddings, "_GIVEN", 5)
        tracks = half_tagged(240)
        found = read(fill(db, tracks[::-1]))
        known = [one for one in tracks if one.info.tags and one.info.tags.genres]
        assert found.paths == tuple(one.path for one in known)
        assert found.words == tuple(one.info.tags.genres for one in known if one.info.tags)
        assert found.model == MODEL
        np.testing.assert_allclose(np.linalg.norm(found.vectors, axis=1), 1, atol=1e-5)
        for place, one in enumerate(known):
            assert one.probabilities is not None
            np.testing.assert_array_equal(found.shipped[place], one.probabilities)
        assert len(np.unique(found.groups)) == len({one.info.artist for one in known})

    def test_below_a_folder(self, db: Path) -> None:
        fill(db, half_tagged(120))
        assert {path.split(b"/")[2] for path in read(db, [b"/music/Artist 001"]).paths} == {b"Artist 001"}

    def test_the_order_of_the_rows_changes_nothing(self, db: Path, tmp_path: Path) -> None:
        tracks = half_tagged(480)
        order = np.random.default_rng(2).permutation(len(tracks))
        one = learn(read(fill(db, tracks)), LearnOptions())
        other = learn(read(fill(tmp_path / "other.db", [tracks[i] for i in order])), LearnOptions())
        assert one.model.identity == other.model.identity
        assert (one.model.stored, one.judgement) == (other.model.stored, other.judgement)

    def test_what_is_of_another_model_broken_or_gone_is_none(self, db: Path) -> None:
        one, two, three, four, five = (with_genres(track, "Jazz") for track in made_tracks(5, 16))
        fill(
            db,
            [
                replace(two, model=OLDER),
                one,
                replace(three, embedding=np.full(16, np.nan, np.float32)),
                replace(four, missing=True),
                with_genres(five, "Unknown"),
            ],
        )
        found = read(db)
        assert found.paths == (one.path,)
        assert found.passed_over == {"heard by another model": 1, "without a usable embedding": 1}

    def test_copies_are_one_lesson_with_the_genres_of_all(self, db: Path) -> None:
        one, two = made_tracks(2, 16)
        fill(db, [with_genres(one, "Jazz"), with_genres(replace(two, fingerprint=one.fingerprint), "Live")])
        found = read(db)
        assert found.words == (("Jazz", "Live"),)
        assert found.passed_over == {"copies": 1}

    def test_by_artist_else_album_else_folder(self, db: Path) -> None:
        def named(track: Track, artist: str, album: str) -> Track:
            return replace(with_genres(track, "Jazz"), info=replace(
                with_genres(track, "Jazz").info, artist=artist, album=album))  # fmt: skip

        one, two, three, four, five = made_tracks(5, 16)
        fill(
            db,
            [
                named(one, "Can", "Tago Mago"),
                named(two, " CAN", "Ege Bamyasi"),
                named(three, "", "Tago Mago"),
                named(four, "", ""),
                replace(named(five, "", ""), path=b"/elsewhere/x.mp3"),
            ],
        )
        found = read(db)
        by_path = dict(zip(found.paths, found.groups.tolist(), strict=True))
        assert by_path[one.path] == by_path[two.path]
        assert len(set(by_path.values())) == 4
        assert found.grouped == {"album": 1, "artist": 2, "folder": 2}

    def test_more_than_can_be_held_leaves_rare_genres_whole(
        self, db: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "MOST_LESSONS", 30)
        made = list(made_tracks(120, 16))
        fill(db, [with_genres(one, "Rare" if i < 8 else "Frequent") for i, one in enumerate(made)])
        found = read(db)
        assert len(found.words) == 30
        assert found.words.count(("Rare",)) == 8
        assert found.passed_over["more than are needed"] == 90


class TestNothingToLearnFrom:
    def test_nothing_was_heard(self, db: Path) -> None:
        fill(db, [])
        with pytest.raises(LearnError, match="nothing has been heard yet"):
            read(db)

    def test_no_track_has_a_genre(self, db: Path) -> None:
        fill(db, [with_genres(one) for one in made_tracks(3, 16)])
        with pytest.raises(LearnError, match="no track has a genre of its own"):
            read(db)

    def test_all_of_them_are_of_an_older_model(self, db: Path) -> None:
        first, second = made_tracks(2, 16)
        fill(db, [with_genres(replace(first, model=OLDER), "Jazz"), with_genres(second)])
        with pytest.raises(LearnError, match="1 tracks with a genre were heard by an older model"):
            read(db)

    def test_no_embedding_is_of_use(self, db: Path) -> None:
        nothing = np.zeros(16, np.float32)
        good, *others = made_tracks(4, 16)
        fill(db, [good, *(with_genres(replace(one, embedding=nothing), "Jazz") for one in others)])
        with pytest.raises(LearnError, match="no embedding that is of use"):
            read(db)

    def test_tags_that_could_not_be_read_are_none(self, db: Path) -> None:
        (one,) = made_tracks(1, 16)
        fill(db, [replace(one, info=TrackInfo(tags=KnownTags("made up")))])
        with pytest.raises(LearnError, match="no track has a genre"):
            read(db)
