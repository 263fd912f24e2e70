"""What goes wrong with files and folders: named, in the journal, and nothing lost."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from audiotag.errors import TagReadError, TagWriteError
from audiotag.library.store import Store
from audiotag.tags.change import Change
from audiotag.tags.formats.draft import Draft
from audiotag.tags.formats.read import read_tags
from audiotag.tags.safewrite import bytedelta
from audiotag.tags.safewrite.journal import Journal, Origin
from audiotag.tags.safewrite.lay import lay_down
from audiotag.tags.safewrite.record import Record, WriteOptions
from audiotag.tags.safewrite.session import WritingSession
from audiotag.tags.safewrite.write import prepare, safe_write
from tests.tags.failures import ROCK, failing_write


@pytest.mark.parametrize(
    "moment",
    ["audiotag.tags.safewrite.write.temporary_copy", "audiotag.tags.safewrite.write.keep_attributes"],
)
def test_a_folder_that_vanishes(
    moment: str, store: Store, track: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Renamed in the middle of the write: the file is as it was in its new place."""
    elsewhere, data = tmp_path / "elsewhere", track.read_bytes()
    from audiotag.tags.safewrite import write as writer

    real = getattr(writer, moment.rpartition(".")[2])

    def vanish(*arguments: object, **options: object) -> object:
        track.parent.rename(elsewhere)
        return real(*arguments, **options)

    monkeypatch.setattr(moment, vanish)
    with WritingSession(store, "tag") as session, pytest.raises(TagWriteError, match="moved or deleted"):
        session.write(os.fsencode(track), ROCK, WriteOptions(), Origin())
    assert (elsewhere / track.name).read_bytes() == data
    assert Journal(store).runs()[0].failed == 1


AS_NOBODY = """
import os, sys
from audiotag.errors import FileFault
from audiotag.tags.change import Change
from audiotag.tags.safewrite.write import prepare, safe_write
os.setgid(65534); os.setuid(65534)
try:
    safe_write(sys.argv[1], Change(("Rock",)))
except FileFault as fault:
    print(fault)
"""


@pytest.mark.parametrize(
    ("owner", "file_mode", "folder_mode", "reason"),
    [
        (65_534, 0o444, 0o755, "it is read-only"),
        (65_534, 0o644, 0o555, "its folder is read-only"),
        (0, 0o644, 0o755, "it is read-only"),
        (0, 0o600, 0o755, "Permission denied; check the permissions"),
        (0, 0o666, 0o777, "it belongs to root, and a write would make it yours"),
    ],
)
def test_permission_denied(owner: int, file_mode: int, folder_mode: int, reason: str, track: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root, to have files of two users")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(shutil.copyfile(track, Path(folder) / "track.flac"))
        os.chown(path, owner, owner)
        os.chown(folder, owner, owner)
        path.chmod(file_mode)
        Path(folder).chmod(folder_mode)
        data = path.read_bytes()
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, path], capture_output=True, text=True, check=False
        )
        assert reason in done.stdout, done.stdout + done.stderr
        assert path.read_bytes() == data
        assert os.listdir(folder) == ["track.flac"]


def test_the_immutable_attribute(store: Store, track: Path) -> None:
    try:
        done = subprocess.run(["chattr", "+i", track], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("no chattr here")
    if done.returncode:
        pytest.skip(f"no immutable attribute here: {done.stderr.strip()}")
    try:
        failing_write(store, track, "immutable attribute; chattr -ia")
    finally:
        subprocess.run(["chattr", "-i", track], check=True)


def test_a_file_that_is_being_written(store: Store, track: Path) -> None:
    with track.open("ab"):
        failing_write(store, track, "another program has it open for writing")
    with track.open("rb"):  # somebody who plays it is no obstacle
        assert safe_write(track, ROCK).changed


def test_a_writer_that_comes_in_the_middle(track: Path) -> None:
    files = []
    with pytest.raises(TagWriteError, match="open for writing"):
        safe_write(track, ROCK, WriteOptions(on_commit=lambda _record: files.append(track.open("ab"))))
    files[0].close()
    assert read_tags(track).genres == ("Folk",)


def test_a_path_too_long_for_the_copy(store: Store, track: Path) -> None:
    """The file's own path is just short enough; that of the copy beside it is not."""
    folder, here = os.fsencode(track.parent), os.getcwd()
    longest = 4_095 - len("/track.flac")
    try:
        os.chdir(folder)
        while (room := longest - len(folder) - 1) > 0:
            # The last folder takes up all the room that is left, and at least one letter.
            name = b"d" * (room if room <= 200 else min(200, room - 2))
            os.mkdir(name)
            os.chdir(name)
            folder += b"/" + name
        os.rename(track, "track.flac")
        path = folder + b"/track.flac"
        with (
            WritingSession(store, "tag") as session,
            pytest.raises(TagWriteError, match="too long for the copy"),
        ):
            session.write(path, ROCK, WriteOptions(), Origin())
        assert os.listdir(".") == ["track.flac"]
        assert Journal(store).runs()[0].failed == 1
    finally:
        os.chdir(here)


def test_an_edit_while_the_journal_is_written(
    store: Store, track: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planned write is settled as failed; the other program's work is kept."""
    plan = Journal.plan

    def edited(*arguments: object) -> object:
        number = plan(*arguments)
        track.write_bytes(track.read_bytes() + b"edited")
        return number

    monkeypatch.setattr(Journal, "plan", edited)
    with (
        WritingSession(store, "tag") as session,
        pytest.raises(TagWriteError, match="changed it meanwhile"),
    ):
        session.write(os.fsencode(track), ROCK, WriteOptions(), Origin())
    assert track.read_bytes().endswith(b"edited")
    assert Journal(store).pending() == []
    assert Journal(store).runs()[0].failed == 1


def test_a_fault_after_the_replace_is_no_failed_write(
    store: Store, track: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = os.replace

    def replace_and_fail(*arguments: bytes) -> None:
        replace(*arguments)
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "replace", replace_and_fail)
    with WritingSession(store, "tag") as session, pytest.raises(TagWriteError):
        session.write(os.fsencode(track), ROCK, WriteOptions(), Origin())
    assert read_tags(track).genres == ("Rock",)
    assert Journal(store).wrote(1, ("Rock",)) is not None


def test_a_damaged_journal_entry_harms_no_file(track: Path) -> None:
    data = track.read_bytes()
    with track.open("rb") as old:
        delta = bytearray(bytedelta.make(old, old) or b"")
    delta[48] ^= 1  # the digest of the old file
    with pytest.raises((TagWriteError, TagReadError), match="not the file that was"):
        safe_write(track, ROCK, WriteOptions(undo_of=Record("", "", {}, {}, bytes(delta))))
    assert track.read_bytes() == data


def test_a_file_that_is_another_for_a_moment_is_not_given_back(
    track: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its sound is changed, and its times are set back, between the look at it and the copy."""
    records: list[Record] = []
    safe_write(track, ROCK, WriteOptions(on_commit=records.append))
    data, status = track.read_bytes(), track.stat()

    def edit_first(draft: Draft, source: int, target: int, stopped: Callable[[], bool]) -> None:
        with track.open("r+b") as file:
            file.seek(-50, os.SEEK_END)
            file.write(b"\0" if data[-50] else b"\1")
        os.utime(track, ns=(status.st_atime_ns, status.st_mtime_ns))
        lay_down(draft, source, target, stopped)

    monkeypatch.setattr("audiotag.tags.safewrite.checks.lay_down", edit_first)
    with pytest.raises(TagWriteError, match="changed it meanwhile"):
        prepare(track, Change(("Folk",)), WriteOptions(undo_of=records[0]))
    assert read_tags(track).genres == ("Rock",)
    assert os.listdir(track.parent) == [track.name]
