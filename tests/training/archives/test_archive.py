"""Mel archives: read, asked and written."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audiotag.audio.frontend import FMA_ARCHIVE
from audiotag.errors import ArchiveError
from audiotag.training.archives.archive import (
    FMA_CLIP,
    MelArchive,
    load_archive,
    require_writable,
    save_archive,
)
from tests.training.archive_files import arrays, saved


def test_it_is_read(tmp_path: Path) -> None:
    archive = load_archive(saved(tmp_path))
    assert (len(archive), archive.genres, archive.vggish) == (4, ("Folk", "Rock"), None)
    assert archive.select("val").track_id.tolist() == [2, 3]
    assert archive.labels(("Folk", "Rock")).tolist() == [1, 0, 1, 0]


def test_an_unknown_split_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="only: train, val"):
        load_archive(saved(tmp_path)).select("test")


def test_a_genre_that_the_model_lacks_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="no genre Rock"):
        load_archive(saved(tmp_path)).labels(("Folk", "Pop"))


def test_all_that_is_optional_is_read(tmp_path: Path) -> None:
    vggish = np.full((4, 128), np.nan, np.float16)
    archive = load_archive(saved(tmp_path, vggish=vggish, path=np.array(list("abcd"))))
    assert archive.vggish is not None
    assert np.isnan(archive.vggish).all()
    assert archive.path is not None
    assert archive.path.tolist() == list("abcd")


class TestGroups:
    def albums(self, ids: list[int]) -> dict[str, Any]:
        count = len(ids)
        return {
            "mel": np.full((count, 5, 12), 200, np.uint8),
            "genre": np.full(count, "Rock"),
            "split": np.full(count, "train"),
            "track_id": np.array(ids),
        }

    def test_they_are_albums_by_neighbouring_track_ids(self, tmp_path: Path) -> None:
        """Of all clips, and kept by some of them, though fewer stand between."""
        archive = load_archive(saved(tmp_path, **self.albums([1, 12, 23, 100, 200, 300, 900])))
        assert archive.group.tolist() == [0, 0, 0, 1, 2, 3, 4]
        assert archive.take(np.array([0, 2])).group.tolist() == [0, 0]

    def test_an_archive_made_in_code_has_them_too(self) -> None:
        archive = MelArchive(**arrays(**self.albums([1, 12, 900, 23, 100, 200, 300])), vggish=None)
        assert archive.group.tolist() == [0, 0, 4, 0, 1, 2, 3]

    def test_ids_of_so_few_albums_are_those_of_genres(self) -> None:
        """GTZAN's are numbered by genre: then a track is alone."""
        archive = MelArchive(**arrays(track_id=np.array([1, 12, 900, 12])), vggish=None)
        assert archive.group.tolist() == [0, 1, 2, 1]

    def test_the_archive_s_own_go_before_all(self, tmp_path: Path) -> None:
        own, artist = np.array([5, 4, 4, 5], np.int16), np.array([1, 1, 2, 2])
        archive = load_archive(saved(tmp_path, group=own, artist=artist))
        assert (archive.group.tolist(), archive.group.dtype) == ([5, 4, 4, 5], np.int64)


class TestFrontEnd:
    def test_an_archive_that_does_not_say_is_fmas(self, tmp_path: Path) -> None:
        archive = load_archive(saved(tmp_path, mel=np.zeros((4, 100, 250), np.uint8)))
        assert archive.frontend == FMA_CLIP
        archive.require_frontend(FMA_ARCHIVE)
        archive.take(np.array([0])).require_frontend(FMA_ARCHIVE)

    def test_it_is_kept_with_the_archive(self, tmp_path: Path) -> None:
        clip = replace(FMA_ARCHIVE, bands=5, window_frames=62, frames=12)
        archive = MelArchive(**arrays(), vggish=None, frontend=clip, path=np.array(list("abcd")))
        save_archive(archive, tmp_path / "a.npz")
        again = load_archive(tmp_path / "a.npz")
        assert (again.frontend, again.path is not None and again.path.tolist()) == (clip, list("abcd"))
        with np.load(tmp_path / "a.npz", allow_pickle=False) as stored:
            assert json.loads(str(stored["frontend"]))["column_seconds"] == pytest.approx(0.12, abs=1e-3)
        assert os.listdir(tmp_path) == ["a.npz"], "nothing temporary stays"

    @pytest.mark.parametrize(
        ("change", "named"),
        [
            ({"n_mels": 96, "bands": 96}, "n_mels 128, not 96"),
            ({"hop_length": 441}, "hop_length 512, not 441"),
            ({"frames": 1024}, r"a column every 0\.1200 s, not 0\.0232 s"),
            ({"top_db": 60.0}, "top_db"),
        ],
    )
    def test_a_model_that_needs_another_refuses_it(self, change: dict[str, Any], named: str) -> None:
        archive = MelArchive(**arrays(mel=np.zeros((4, 100, 250), np.uint8)), vggish=None)
        with pytest.raises(ArchiveError, match=named) as caught:
            archive.require_frontend(replace(FMA_ARCHIVE, **change))
        assert "\n" not in str(caught.value)

    def test_rows_that_are_not_fmas_are_refused_too(self) -> None:
        with pytest.raises(ArchiveError, match="5 mel bands, not 100"):
            MelArchive(**arrays(), vggish=None).require_frontend(FMA_ARCHIVE)

    @pytest.mark.parametrize(
        "stated",
        [
            "{",
            "[]",
            "{}",
            json.dumps(FMA_CLIP.to_card()),
            json.dumps(FMA_CLIP.to_card() | {"hop_length": "x"}),
        ],
    )
    def test_a_wrong_description_is_refused(self, stated: str, tmp_path: Path) -> None:
        with pytest.raises(ArchiveError, match=r"frontend|front-end"):
            load_archive(saved(tmp_path, frontend=np.array(stated)))


class TestWriting:
    def test_a_link_stays_a_link_and_the_old_archive_until_the_new_is_whole(self, tmp_path: Path) -> None:
        archive = MelArchive(**arrays(), vggish=None, frontend=replace(FMA_ARCHIVE, bands=5, frames=12))
        (tmp_path / "link.npz").symlink_to(tmp_path / "real.npz")
        save_archive(archive, tmp_path / "link.npz")
        assert (tmp_path / "link.npz").is_symlink()
        before = (tmp_path / "real.npz").read_bytes()

        class Broken:
            def __array__(self, *arguments: object, **more: object) -> np.ndarray:
                raise OSError(28, "No space left on device")

        with pytest.raises(ArchiveError, match="No space left"):
            save_archive(replace(archive, genre=Broken()), tmp_path / "real.npz")
        assert (tmp_path / "real.npz").read_bytes() == before
        assert sorted(os.listdir(tmp_path)) == ["link.npz", "real.npz"]

    def test_where_it_cannot_be_written_is_known_before(self, tmp_path: Path) -> None:
        require_writable(tmp_path / "new.npz")
        with pytest.raises(ArchiveError, match="there is no folder"):
            require_writable(tmp_path / "gone" / "a.npz")
        with pytest.raises(ArchiveError, match="is a folder"):
            require_writable(tmp_path)
