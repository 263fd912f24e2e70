"""An archive is taken apart into the collections that its clips come from."""

from __future__ import annotations

import numpy as np

from audiotag.training.archives.archive import MelArchive
from audiotag.training.archives.collections import split_collections


def archive(source: list[str] | None) -> MelArchive:
    return MelArchive(
        mel=np.arange(5, dtype=np.uint8)[:, None, None],
        genre=np.array(["Rock", "", "Jazz", "Folk", "Rock"]),
        split=np.full(5, "train"),
        track_id=np.array([100, 200, 300, 400, 101]),
        vggish=None,
        source=None if source is None else np.array(source),
        tags=np.arange(5, dtype=np.float32)[:, None] / 10,
        tag_names=("msd:rock",),
        group=np.array([0, 1, 2, 3, 0]),
    )


def test_each_source_is_a_collection_with_the_genres_of_its_own_clips() -> None:
    found = split_collections(archive(["songs", "games", "songs", "games", "songs"]), "all")
    assert [(one.name, one.genres) for one in found] == [("songs", ("Jazz", "Rock")), ("games", ("Folk",))]
    assert [one.clips.mel.ravel().tolist() for one in found] == [[0, 2, 4], [1, 3]]
    assert [one.clips.genre.tolist() for one in found] == [["Rock", "Jazz", "Rock"], ["", "Folk"]]
    assert found[0].clips.group.tolist() == [0, 2, 0], "groups are those of the whole archive"
    assert found[1].clips.tags is not None
    np.testing.assert_allclose(found[1].clips.tags.ravel(), [0.1, 0.3], rtol=1e-6)


def test_an_archive_that_names_no_sources_is_one_collection() -> None:
    whole = archive(None)
    (only,) = split_collections(whole, "fma_small")
    assert (only.name, only.genres) == ("fma_small", ("Folk", "Jazz", "Rock"))
    assert only.clips is whole


def test_clips_that_name_no_source_are_the_archive_s() -> None:
    found = split_collections(archive(["", "games", "", "mine", "mine"]), "mine")
    assert [(one.name, len(one.clips)) for one in found] == [("mine", 4), ("games", 1)]


def test_a_collection_may_have_no_genres() -> None:
    _, games, _ = split_collections(archive(["a", "games", "b", "b", "b"]), "all")
    assert (games.genres, games.clips.genre.tolist()) == ((), [""])
