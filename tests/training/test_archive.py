"""Mel archives: read, checked, and cut into windows."""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiotag.audio.frontend import FMA_ARCHIVE
from audiotag.errors import ArchiveError
from audiotag.training.archive import (
    FMA_CLIP,
    MelArchive,
    cut,
    load_archive,
    raise_to_maximum,
    require_writable,
    save_archive,
    window_offsets,
)

ANSWERS = np.array([[0.1, 0.9], [0.5, 0.0], [np.nan, np.nan], [1.0, 0.25]], np.float16)


def arrays(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "mel": np.full((4, 5, 12), 200, np.uint8),
        "genre": np.array(["Rock", "Folk", "Rock", "Folk"]),
        "split": np.array(["train", "train", "val", "val"]),
        "track_id": np.arange(4, dtype=np.int32),
    }
    values.update(changes)
    return {key: value for key, value in values.items() if value is not None}


def saved(folder: Path, **changes: Any) -> Path:
    path = folder / "archive.npz"
    np.savez_compressed(path, **arrays(**changes))
    return path


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


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"genre": None}, "no genre"),
        ({"mel": np.zeros((4, 5, 12))}, "uint8"),
        ({"mel": np.zeros((4, 60), np.uint8)}, "uint8"),
        ({"mel": np.uint8(7)}, "mel must be .* uint8, not uint8 of shape "),
        ({"mel": np.zeros((4, 0, 12), np.uint8)}, r"nothing in it: mel is \(4, 0, 12\)"),
        ({"split": np.array(["train"])}, "one length"),
        ({"path": np.array(["a", "b", "c"])}, "one length: .*path 3"),
        ({"vggish": np.zeros((5, 128), np.float16)}, "one length: mel 4, .*vggish 5"),
        ({"vggish": np.zeros((4, 64), np.float16)}, r"vggish must be \(clips, 128\)"),
        ({"vggish": np.zeros(4)}, r"vggish must be \(clips, 128\)"),
        ({"vggish": np.zeros((4, 128), np.int32)}, "vggish must be .* floating point, not int32"),
        ({"genre": np.arange(4)}, r"genre must be \(clips,\) text, not int64"),
        ({"genre": np.array([b"a", b"b", b"c", b"d"])}, "genre must be"),
        ({"genre": np.array("Rock")}, "genre must be"),
        ({"split": np.array([["train"]] * 4)}, "split must be"),
        ({"path": np.arange(4.0)}, "path must be"),
        ({"track_id": np.arange(4.0)}, r"track_id must be \(clips,\) whole numbers, not float64"),
        ({"track_id": np.arange(4).astype("m8[s]")}, "track_id must be"),
        ({"track_id": np.int32(4)}, "track_id must be"),
        ({"genre": np.array([{}, {}, {}, {}], dtype=object)}, "cannot be read"),
        ({"path": np.array([None] * 4)}, "cannot be read"),
        ({"frontend": np.array("[" * 100_000)}, "cannot be read"),
        ({"track_id": None}, "it has no track_id or song"),
        ({"mel": None, "track_id": None}, "it has no mel, track_id or song"),
        ({"track_id": None, "song": np.arange(4.0)}, r"song must be \(clips,\) whole numbers"),
        ({"artist": np.arange(3)}, "one length: .*artist 3"),
        ({"group": np.array(list("abcd"))}, r"group must be \(clips,\) whole numbers, not <U1"),
        ({"source": np.arange(4)}, r"source must be \(clips,\) text"),
        ({"msd": ANSWERS}, "it has msd but no msd_tags"),
        ({"audioset_labels": np.array(["Jazz"])}, "it has audioset_labels but no audioset"),
        ({"msd": ANSWERS, "msd_tags": np.array(["rock"])}, "msd has 2 tags, msd_tags 1"),
        ({"msd": ANSWERS[:3], "msd_tags": np.array(["a", "b"])}, "one length: .*msd 3"),
        ({"msd": ANSWERS[0], "msd_tags": np.array(["a", "b"])}, r"msd must be \(clips, tags\) floating"),
        ({"msd": ANSWERS, "msd_tags": np.arange(2)}, r"msd_tags must be \(tags,\) text"),
        ({"msd": ANSWERS + 1, "msd_tags": np.array(["a", "b"])}, "msd must be probabilities, from 0 to 1"),
        ({"msd": ANSWERS - np.inf, "msd_tags": np.array(["a", "b"])}, "msd must be probabilities"),
    ],
)
def test_what_is_wrong_with_it_is_named(changes: dict[str, Any], named: str, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=named) as caught:
        load_archive(saved(tmp_path, **changes))
    assert "\n" not in str(caught.value)


def test_an_archive_of_no_clips_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="nothing in it"):
        load_archive(saved(tmp_path, **{key: array[:0] for key, array in arrays().items()}))


def test_all_that_is_optional_is_read(tmp_path: Path) -> None:
    vggish = np.full((4, 128), np.nan, np.float16)
    archive = load_archive(saved(tmp_path, vggish=vggish, path=np.array(list("abcd"))))
    assert archive.vggish is not None
    assert np.isnan(archive.vggish).all()
    assert archive.path is not None
    assert archive.path.tolist() == list("abcd")


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text.npz"
    path.write_text("no archive")
    (tmp_path / "empty.npz").touch()
    for wrong in (path, tmp_path / "empty.npz", tmp_path / "gone.npz", tmp_path):
        with pytest.raises(ArchiveError, match="cannot be read"):
            load_archive(wrong)


def test_a_lone_array_is_no_archive(tmp_path: Path) -> None:
    np.save(tmp_path / "mel.npy", arrays()["mel"])
    with pytest.raises(ArchiveError, match=r"not a whole \.npz file"):
        load_archive(tmp_path / "mel.npy")


def test_a_member_that_is_no_array_is_named(tmp_path: Path) -> None:
    path = saved(tmp_path, split=None)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("split", "train")
    with pytest.raises(ArchiveError, match="its split is no array"):
        load_archive(path)


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_damage_anywhere_is_one_line(compression: int, tmp_path: Path) -> None:
    with zipfile.ZipFile(saved(tmp_path)) as plain, zipfile.ZipFile(tmp_path / "whole", "w") as packed:
        for name in plain.namelist():
            packed.writestr(name, plain.read(name), compression)
    whole = (tmp_path / "whole").read_bytes()
    damaged, faults = tmp_path / "two\nlines.npz", set()
    for place in range(0, len(whole), 5):
        for changed in (whole[:place], whole[:place] + bytes([whole[place] ^ 0x5A]) + whole[place + 1 :]):
            damaged.write_bytes(changed)
            try:
                load_archive(damaged)
            except ArchiveError as fault:
                faults.add(str(fault))
    assert len(faults) > 5
    assert not any("\n" in fault for fault in faults)


@given(st.integers(1, 600), st.integers(1, 200))
def test_windows_cover_a_clip_from_its_start_to_its_end(columns: int, frames: int) -> None:
    offsets = window_offsets(columns, frames)
    assert offsets[0] == 0
    assert offsets[-1] == max(0, columns - frames)
    assert all(0 < b - a <= frames for a, b in pairwise(offsets))


def test_a_window_is_relative_to_its_own_maximum() -> None:
    clip = np.zeros((1, 2, 6), np.uint8)
    clip[0, :, 0] = 255
    clip[0, 0, 3] = 100
    window = cut(clip, 2, 3)
    assert window.tolist() == [[[0, 255, 0], [0, 0, 0]]]


def test_a_clip_that_is_too_short_is_followed_by_silence() -> None:
    assert cut(np.full((1, 1, 2), 255, np.uint8), 0, 4).tolist() == [[[255, 255, 0, 0]]]


def test_silence_stays_silence() -> None:
    assert raise_to_maximum(np.zeros((1, 2, 2), np.uint8)).sum() == 0


class TestSongs:
    """An archive of songs that taggers have heard, from several collections."""

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
