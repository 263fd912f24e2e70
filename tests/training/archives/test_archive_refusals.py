"""What is no archive, or a wrong or damaged one, is refused in one line that names it."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audiotag.errors import ArchiveError
from audiotag.training.archives.archive import (
    load_archive,
)
from tests.training.archive_files import ANSWERS, arrays, saved


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
