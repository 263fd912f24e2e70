"""A draft laid down is what it says, however the system copies; and whatever else is there is noticed."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiotag.errors import InterruptedRunError
from audiotag.tags.formats.draft import Draft
from audiotag.tags.safewrite.lay import lay_down, read_back
from tests.tags.handmade import noise

SIZE = 900_000


def go_on() -> bool:
    return False


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lay")
    (folder / "a").write_bytes(noise(SIZE))
    return folder


@contextmanager
def drafted(folder: Path, *changes: tuple[int, int, bytes]) -> Iterator[tuple[Draft, int, int]]:
    """A draft of the file `a`, and the descriptors of that and of an empty file `b`."""
    with (folder / "a").open("rb") as source, (folder / "b").open("w+b") as target:
        draft = Draft(source)
        for change in changes:
            draft.replace_span(*change)
        yield draft, source.fileno(), target.fileno()


# A tag that keeps its length, one that grows by some bytes, one that grows by whole blocks; and a tail.
CHANGES = {
    "none": (),
    "in its place": ((10, 20, b"x" * 20),),
    "moved": ((10, 20, b"x" * 33),),
    "moved by blocks": ((10, 20, b"x" * (20 + 8192)),),
    "both ends": ((SIZE - 128, 128, b"y" * 200), (0, 5_000, b"")),
    "many small pieces": tuple((at, 4, b"page") for at in range(0, SIZE - 10, 9_000)),
    "nothing left": ((0, SIZE, b""),),
}


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("copies", ["inside", "not at all", "a little at a time"])
def test_it_is_what_the_draft_says(
    copies: str, changes: tuple[tuple[int, int, bytes], ...], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.copy_file_range

    def refuse(*_arguments: int) -> int:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    def a_little(source: int, target: int, count: int, *places: int) -> int:
        return real(source, target, min(count, 100_000), *places)

    if copies != "inside":
        monkeypatch.setattr(os, "copy_file_range", refuse if copies == "not at all" else a_little)
    with drafted(folder, *changes) as (draft, source, target):
        lay_down(draft, source, target, go_on)
        draft.seek(0)
        assert (folder / "b").read_bytes() == draft.read()
        assert read_back(draft, source, target, None, go_on)


@given(st.integers(0, SIZE), st.sampled_from(["other", "more", "less"]))
def test_any_other_byte_is_noticed(folder: Path, at: int, what: str) -> None:
    with drafted(folder, (10, 20, b"x" * 33)) as (draft, source, target):
        lay_down(draft, source, target, go_on)
        if what == "other":
            at = min(at, draft.size - 1)
            os.pwrite(target, bytes([os.pread(target, 1, at)[0] ^ 1]), at)
        else:
            os.ftruncate(target, draft.size + (1 if what == "more" else -1))
        assert not read_back(draft, source, target, None, go_on)


def test_a_full_disk_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: int) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "copy_file_range", full)
    with drafted(folder) as (draft, source, target), pytest.raises(OSError, match="No space"):
        lay_down(draft, source, target, go_on)


def test_a_source_that_became_shorter(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(noise(SIZE))
    with drafted(tmp_path) as (draft, source, target):
        os.truncate(tmp_path / "a", SIZE - 1)
        with pytest.raises(ValueError, match="became shorter"):
            lay_down(draft, source, target, go_on)


def test_it_stops_when_it_is_told_to(folder: Path) -> None:
    with drafted(folder) as (draft, source, target):
        with pytest.raises(InterruptedRunError):
            lay_down(draft, source, target, lambda: True)
        lay_down(draft, source, target, go_on)
        with pytest.raises(InterruptedRunError):
            read_back(draft, source, target, None, lambda: True)


@pytest.fixture(params=["xfs", "btrfs"])
def sharing_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A file system that shares blocks between files, in a file of its own."""
    kind = request.param
    if shutil.which(f"mkfs.{kind}") is None:
        pytest.skip(f"no mkfs.{kind} here (Debian: xfsprogs, btrfs-progs)")
    image, folder = tmp_path / "image", tmp_path / "disk"
    folder.mkdir()
    with image.open("wb") as file:
        file.truncate(400 << 20)
    for command in ([f"mkfs.{kind}", image], ["mount", "-o", "loop", image, folder]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"no {kind} can be made and mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def free(folder: Path) -> int:
    os.sync()
    space = os.statvfs(folder)
    return space.f_bfree * space.f_frsize


def test_blocks_are_shared_where_that_can_be(sharing_disk: Path) -> None:
    size = 32 << 20
    (sharing_disk / "a").write_bytes(os.urandom(size))
    before = free(sharing_disk)
    with drafted(sharing_disk, (10, 20, b"x" * 20)) as (draft, source, target):
        lay_down(draft, source, target, go_on)
        assert read_back(draft, source, target, None, go_on)
        assert before - free(sharing_disk) < size // 8
    with drafted(sharing_disk, (10, 20, b"x" * 21)) as (draft, source, target):  # shared are whole blocks
        lay_down(draft, source, target, go_on)
        assert read_back(draft, source, target, None, go_on)
        assert before - free(sharing_disk) > size // 2
