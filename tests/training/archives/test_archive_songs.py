"""Archives of songs: what taggers answered, artists and collections."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audiotag.audio.frontend import FMA_ARCHIVE
from audiotag.errors import ArchiveError
from audiotag.training.archives.archive import (
    MelArchive,
    load_archive,
    save_archive,
)
from tests.training.archive_files import ANSWERS, arrays, saved


class TestSongs:
    """An archive of songs that taggers were run on, from several collections."""

    def saved(self, folder: Path, **changes: Any) -> Path:
        songs = {
            "genre": np.array(["Rock", "", "Jazz", ""]),
            "split": None,
            "track_id": None,
            "song": np.array([7, 7, 8, 9], np.int32),
            "artist": np.array([7, 7, 0, 0], np.int32),
            "source": np.array(["emotify", "emotify", "gtzan", "game"]),
            "msd": ANSWERS,
            "msd_tags": np.array(["rock", "pop"]),
            "audioset": ANSWERS[:, :1],
            "audioset_labels": np.array(["Jazz"]),
            "start": np.zeros(4, np.float32),
        }
        return saved(folder, **(songs | changes))

    def test_it_is_read(self, tmp_path: Path) -> None:
        archive = load_archive(self.saved(tmp_path))
        assert archive.split.tolist() == ["train"] * 4
        assert archive.track_id.tolist() == [7, 7, 8, 9]
        assert archive.genres == ("Jazz", "Rock"), "a clip without a genre is of none"
        assert archive.source is not None
        assert archive.source.tolist() == ["emotify", "emotify", "gtzan", "game"]

    def test_all_taggers_answers_stand_side_by_side(self, tmp_path: Path) -> None:
        archive = load_archive(self.saved(tmp_path))
        assert archive.tag_names == ("msd:rock", "msd:pop", "audioset:Jazz")
        assert archive.tags is not None
        assert archive.tags.dtype == np.float32
        np.testing.assert_array_equal(archive.tags, ANSWERS[:, [0, 1, 0]].astype(np.float32))

    def test_clips_without_a_genre_cannot_be_labels(self, tmp_path: Path) -> None:
        with pytest.raises(ArchiveError, match="2 of the archive's 4 clips have no genre"):
            load_archive(self.saved(tmp_path)).labels(("Jazz", "Rock"))

    def test_some_of_its_clips_keep_all_that_is_known_of_them(self, tmp_path: Path) -> None:
        whole = load_archive(self.saved(tmp_path, split=np.array(["train", "val", "train", "val"])))
        for some in (whole.select("val"), whole.take(np.array([1, 3]))):
            assert some.source is not None
            assert some.source.tolist() == ["emotify", "game"]
            assert some.group.tolist() == whole.group[[1, 3]].tolist()
            assert (some.tags is not None, some.tag_names) == (True, whole.tag_names)
            np.testing.assert_array_equal(some.tags, whole.tags[[1, 3]] if whole.tags is not None else None)
        assert len(whole.take(np.array([], int)).group) == 0

    def test_it_is_written_and_read_again(self, tmp_path: Path) -> None:
        clip = replace(FMA_ARCHIVE, bands=5, window_frames=62, frames=12)
        first = replace(load_archive(self.saved(tmp_path)), frontend=clip)
        save_archive(first, tmp_path / "again.npz")
        again = load_archive(tmp_path / "again.npz")
        assert (again.tag_names, again.frontend) == (first.tag_names, clip)
        for name in ("mel", "genre", "split", "track_id", "group", "source", "tags"):
            np.testing.assert_array_equal(getattr(again, name), getattr(first, name), err_msg=name)

    def test_tags_of_a_tagger_that_no_key_is_for_are_not_lost_silently(self, tmp_path: Path) -> None:
        archive = MelArchive(**arrays(), vggish=None, tags=ANSWERS, tag_names=("msd:rock", "ours:loud"))
        with pytest.raises(ArchiveError, match="no key for tag ours:loud, only for: msd, mtt"):
            save_archive(archive, tmp_path / "a.npz")
        assert not list(tmp_path.iterdir())
