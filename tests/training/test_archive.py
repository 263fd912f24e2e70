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
