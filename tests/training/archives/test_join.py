"""Several data sets in one archive keep their names, and what belongs together stays together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from audiotag.errors import ArchiveError
from audiotag.training.archives.collections import split_collections
from audiotag.training.archives.join import join_archives
from tests.training.stripes import striped


def test_each_is_a_collection_of_the_archive() -> None:
    one, other = striped(12), replace(striped(8), genre=np.resize(["Jazz", "Soul"], 8))
    ours, theirs = split_collections(join_archives({"ours": one, "theirs": other}), "all")
    assert (ours.name, theirs.name) == ("ours", "theirs")
    np.testing.assert_array_equal(ours.clips.mel, one.mel)
    assert theirs.clips.genres == ("Jazz", "Soul")
    np.testing.assert_array_equal(theirs.clips.track_id, other.track_id)


def test_groups_do_not_meet() -> None:
    together = join_archives({"a": striped(6), "b": striped(6)})
    assert len(np.unique(together.group)) == 2 * len(np.unique(striped(6).group))


def test_paths_say_which_it_is_from() -> None:
    named = replace(striped(2), path=np.array(["x.mp3", "y.mp3"]))
    together = join_archives({"a": named, "b": named})
    assert together.path is not None
    assert together.path.tolist() == ["a/x.mp3", "a/y.mp3", "b/x.mp3", "b/y.mp3"]


def test_clips_of_another_length_are_refused() -> None:
    shorter = replace(striped(4), mel=striped(4).mel[:, :, :50])
    with pytest.raises(ArchiveError, match="b: its clips are not like those of a"):
        join_archives({"a": striped(4), "b": shorter})
