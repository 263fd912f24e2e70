"""What is in a data set's folder; what cannot be looked at costs itself alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from audiotag.errors import ArchiveError
from audiotag.pipeline.extract import Extracted
from audiotag.training.archives.dataset import find_dataset
from audiotag.training.archives.fma import FmaTrack
from audiotag.training.archives.prepare import PrepareOptions, prepare
from tests.helpers.fma import make_clip, write_tracks
from tests.helpers.models import SMALL

TRACKS = (
    FmaTrack(2, "train", "small", "Folk"),
    FmaTrack(3, "train", "small", "Folk"),
    FmaTrack(1_000, "val", "small", "Rock"),
    FmaTrack(1_001, "val", "small", "Rock"),
    FmaTrack(2_000, "test", "small", "Rock"),
)


class NoProgress:
    """Says nothing."""

    def plan(self, files: int, size: int) -> None:
        pass

    def advance(self, extracted: Extracted) -> None:
        pass


@pytest.fixture
def fma(tmp_path: Path) -> Path:
    """A clip in 000, a file in place of 001, a link to itself in 002."""
    write_tracks(tmp_path / "fma_metadata" / "tracks.csv", TRACKS)
    make_clip(tmp_path / "fma_small", TRACKS[0])
    (tmp_path / "fma_small" / "001").write_text("no folder")
    (tmp_path / "fma_small" / "002").mkdir()
    loop = tmp_path / "fma_small" / TRACKS[4].name
    loop.symlink_to(loop)
    return tmp_path


def test_what_cannot_be_looked_at_is_a_problem_and_not_absent(fma: Path) -> None:
    dataset = find_dataset(fma)
    assert [file.name for file in dataset.files] == ["000/000002.mp3"]
    assert dataset.absent == ("000/000003.mp3",)
    folder = os.fsencode(fma / "fma_small")
    assert [path for path, _ in dataset.problems] == [
        folder + b"/001/001000.mp3",
        folder + b"/001/001001.mp3",
        folder + b"/002/002000.mp3",
    ]
    assert [reason for _, reason in dataset.problems][:2] == ["Not a directory"] * 2


def test_prepare_goes_on_and_names_it(fma: Path) -> None:
    dataset = find_dataset(fma)
    archive, summary = prepare(dataset, PrepareOptions(SMALL, clip_seconds=2.0, jobs=1), NoProgress())
    assert archive.track_id.tolist() == [2]
    assert summary.failures == list(dataset.problems)


def test_where_nothing_can_be_looked_at_the_first_fault_is_named(fma: Path) -> None:
    (fma / "fma_small" / TRACKS[0].name).unlink()
    with pytest.raises(ArchiveError, match=r"no audio files .* of 3 .*001000\.mp3: Not a directory"):
        find_dataset(fma)


def test_a_name_of_the_only_file_is_on_one_line(tmp_path: Path) -> None:
    (tmp_path / "Folk").mkdir()
    (tmp_path / "Folk" / "two\nlines.mp3").write_text("nothing")
    with pytest.raises(ArchiveError, match="not one file could be used") as caught:
        prepare(find_dataset(tmp_path), PrepareOptions(SMALL, clip_seconds=2.0, jobs=1), NoProgress())
    assert r"Folk/two\nlines.mp3: " in str(caught.value)
    assert "\n" not in str(caught.value)
