"""What follows from the arrays of an archive: groups, tracks, tags."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from audiotag.training.archives.archive_arrays import (
    TAGGERS,
    arrays_of_tags,
    group_of,
    split_of,
    tags_of,
    track_of,
)

# (song, artist) of each clip; few numbers, so that many coincide.
CLIPS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=12)


@given(CLIPS)
def test_clips_are_of_one_group_if_they_share_the_artist_or_have_none_and_share_the_song(
    clips: list[tuple[int, int]],
) -> None:
    song, artist = (np.array(column, np.int32) for column in zip(*clips, strict=True))
    group = group_of({"song": song, "artist": artist})
    assert group.shape == (len(clips),)
    for one, other in combinations(range(len(clips)), 2):
        alike = artist[one] == artist[other] and (artist[one] != 0 or song[one] == song[other])
        assert (group[one] == group[other]) == alike


def test_without_artists_a_song_is_a_group() -> None:
    assert group_of({"song": np.array([3, 4, 3], np.int32)}).tolist() == [3, 4, 3]


def test_without_songs_albums_are_what_artists_leave() -> None:
    track_id = np.array([1, 2, 3, 900, 1000, 1100, 1200])
    artist = np.array([0, 5, 0, 0, 0, 0, 0])
    group = group_of({"track_id": track_id, "artist": artist, "genre": np.full(7, "Rock")})
    assert group[0] == group[2]
    assert len(set(group.tolist())) == 6


def test_a_split_and_track_ids_go_before_what_stands_in_for_them() -> None:
    mel = np.zeros((2, 1, 1), np.uint8)
    song, track, split = np.array([1, 2]), np.array([3, 4]), np.array(["val", "train"])
    assert split_of({"mel": mel}).tolist() == ["train", "train"]
    assert split_of({"mel": mel, "split": split}) is split
    assert track_of({"song": song}) is song
    assert track_of({"song": song, "track_id": track}) is track


@given(st.sets(st.sampled_from(sorted(TAGGERS)), min_size=1), st.integers(1, 4), st.integers(1, 5))
def test_tags_come_back_as_the_taggers_arrays(taggers: set[str], clips: int, tags: int) -> None:
    rng = np.random.default_rng(clips)
    arrays = {tagger: rng.random((clips, tags), np.float32) for tagger in taggers}
    names = {TAGGERS[tagger]: np.array([f"a:{number}" for number in range(tags)]) for tagger in taggers}
    again = arrays_of_tags(*tags_of(arrays | names))
    assert again.keys() == arrays.keys() | names.keys()
    for key, array in (arrays | names).items():
        np.testing.assert_array_equal(again[key], array)


def test_without_taggers_there_are_no_tags() -> None:
    assert tags_of({"mel": np.zeros((2, 1, 1), np.uint8)}) == (None, ())
    assert arrays_of_tags(None, ()) == {}
