"""Files of our own are whole or not there, and nothing temporary stays."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from audiotag.atomic import atomic_text, atomic_write, check_writable
from tests.helpers.people import as_somebody_else, open_folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def write(path: Path, data: bytes) -> None:
    with atomic_write(path) as file:
        file.write(data)


class TestAPlainFile:
    def test_has_its_name_only_when_it_is_complete(self, tmp_path: Path) -> None:
        path = tmp_path / "a.csv"
        path.write_bytes(b"old")
        with atomic_write(path) as file:
            file.write(b"new")
            file.flush()
            assert path.read_bytes() == b"old"
        assert path.read_bytes() == b"new"
        assert os.listdir(tmp_path) == ["a.csv"]

    @pytest.mark.parametrize("fault", [ValueError, KeyboardInterrupt, SystemExit])
    def test_stays_as_it_was_whatever_ends_the_write(
        self, fault: type[BaseException], tmp_path: Path
    ) -> None:
        path = tmp_path / "a.csv"
        path.write_bytes(b"old")
        with pytest.raises(fault), atomic_write(path) as file:  # noqa: PT012
            file.write(b"half of it")
            raise fault
        assert (path.read_bytes(), os.listdir(tmp_path)) == (b"old", ["a.csv"])
        with pytest.raises(fault), atomic_write(tmp_path / "b.csv"):
            raise fault
        assert os.listdir(tmp_path) == ["a.csv"]

    def test_a_new_one_has_the_mode_that_the_umask_gives(self, tmp_path: Path) -> None:
        before = os.umask(0o027)
        try:
            write(tmp_path / "a", b"")
        finally:
            os.umask(before)
        assert mode(tmp_path / "a") == 0o640

    @pytest.mark.parametrize("wanted", [0o600, 0o640, 0o664, 0o755])
    def test_one_that_is_replaced_keeps_its_mode(self, wanted: int, tmp_path: Path) -> None:
        path = tmp_path / "a"
        path.touch()
        path.chmod(wanted)
        write(path, b"new")
        assert (mode(path), path.read_bytes()) == (wanted, b"new")

    def test_what_is_replaced_for_a_private_file_is_never_public(self, tmp_path: Path) -> None:
        path = tmp_path / "a"
        path.touch(0o600)
        path.chmod(0o600)
        with atomic_write(path):
            (made,) = (found for found in tmp_path.iterdir() if found != path)
            assert mode(made) == 0o600

    def test_a_mode_can_be_asked_for(self, tmp_path: Path) -> None:
        with atomic_write(tmp_path / "a", mode=0o604) as file:
            assert stat.S_IMODE(os.fstat(file.fileno()).st_mode) == 0o600
        assert mode(tmp_path / "a") == 0o604

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
    def test_one_that_is_replaced_keeps_its_owner(self, tmp_path: Path) -> None:
        path = tmp_path / "a"
        path.touch()
        os.chown(path, 1234, 2345)
        write(path, b"new")
        assert (path.stat().st_uid, path.stat().st_gid) == (1234, 2345)

    def test_one_that_may_only_be_read_is_left_alone(self) -> None:
        with open_folder() as folder:
            folder.chmod(0o777)
            path = folder / "a"
            path.write_bytes(b"old")
            path.chmod(0o444)
            with pytest.raises(PermissionError, match=str(path)):
                as_somebody_else(lambda: write(path, b"new"))
            assert path.read_bytes() == b"old"
            assert os.listdir(folder) == ["a"]

    def test_a_name_as_long_as_the_system_allows(self, tmp_path: Path) -> None:
        write(tmp_path / ("n" * 255), b"new")
        assert (tmp_path / ("n" * 255)).read_bytes() == b"new"

    @pytest.mark.parametrize("name", ["no/such/folder/a", ".", "/"])
    def test_where_there_can_be_none(self, name: str, tmp_path: Path) -> None:
        with pytest.raises(OSError, match=r"No such file|Is a directory") as caught:
            write(tmp_path / name, b"new")
        assert ".part" not in str(caught.value)
        assert os.listdir(tmp_path) == []

    def test_text_has_its_line_ends_as_written(self, tmp_path: Path) -> None:
        with atomic_text(tmp_path / "a") as file:
            file.write("é\r\nb\n")
        assert (tmp_path / "a").read_bytes() == b"\xc3\xa9\r\nb\n"


class TestTheTemporaryName:
    def test_cannot_be_foreseen_and_is_made_anew(self, tmp_path: Path) -> None:
        seen = set()
        for _ in range(3):
            with atomic_write(tmp_path / "a"):
                seen |= {name for name in os.listdir(tmp_path) if name != "a"}
        assert len(seen) == 3

    def test_is_not_one_that_a_link_waits_at(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """In a folder where others may write, somebody who guessed it gets nothing."""
        monkeypatch.setattr("secrets.token_hex", lambda _length: "0123456789abcdef")
        victim = tmp_path / "victim"
        victim.write_bytes(b"precious")
        (tmp_path / ".audiotag-0123456789abcdef.part").symlink_to(victim)
        with pytest.raises(FileExistsError):
            write(tmp_path / "a", b"new")
        assert victim.read_bytes() == b"precious"


class TestLinks:
    @pytest.mark.parametrize("there", [True, False])
    def test_the_target_is_written_and_the_link_stays(self, there: bool, tmp_path: Path) -> None:
        (tmp_path / "folder").mkdir()
        target = tmp_path / "folder/real"
        if there:
            target.write_bytes(b"old")
        (tmp_path / "middle").symlink_to("folder/real")
        (tmp_path / "link").symlink_to(tmp_path / "middle")
        write(tmp_path / "link", b"new")
        assert (tmp_path / "link").is_symlink()
        assert target.read_bytes() == b"new"
        assert sorted(os.listdir(tmp_path)) == ["folder", "link", "middle"]

    def test_links_in_a_circle(self, tmp_path: Path) -> None:
        (tmp_path / "a").symlink_to("b")
        (tmp_path / "b").symlink_to("a")
        with pytest.raises(OSError, match="Too many levels"):
            write(tmp_path / "a", b"new")
        assert sorted(os.listdir(tmp_path)) == ["a", "b"]


class TestWhatCannotBeReplaced:
    def test_a_pipe(self, tmp_path: Path) -> None:
        path = tmp_path / "pipe"
        os.mkfifo(path)
        got: list[bytes] = []
        reader = threading.Thread(target=lambda: got.append(path.read_bytes()))
        reader.start()
        write(path, b"new")
        reader.join()
        assert got == [b"new"]
        assert stat.S_ISFIFO(path.stat().st_mode)

    def test_devices(self, tmp_path: Path) -> None:
        write(Path("/dev/null"), b"new")
        with pytest.raises(OSError, match="No space left"):
            write(Path("/dev/full"), b"new")
        (tmp_path / "link").symlink_to("/dev/null")
        write(tmp_path / "link", b"new")
        assert stat.S_ISCHR(os.stat("/dev/null").st_mode)

    @pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
    def test_a_file_that_the_shell_opened_is_gone_on_with(self, name: str, tmp_path: Path) -> None:
        log = tmp_path / "log"
        log.write_bytes(b"first\n")
        inode = log.stat().st_ino
        code = (
            "import sys; from pathlib import Path; from audiotag.atomic import atomic_write\n"
            "with atomic_write(Path(sys.argv[1])) as file: file.write(b'second\\n')\n"
        )
        with log.open("ab") as out:
            subprocess.run([sys.executable, "-c", code, name], stdout=out, check=True)
            subprocess.run(["echo", "third"], stdout=out, check=True)
        assert log.read_bytes() == b"first\nsecond\nthird\n"
        assert log.stat().st_ino == inode

    def test_process_substitution(self, tmp_path: Path) -> None:
        reading, writing = os.pipe()
        write(Path(f"/dev/fd/{writing}"), b"new")
        os.close(writing)
        assert os.read(reading, 100) == b"new"
        os.close(reading)


class TestWhetherItCanBeWritten:
    """Is asked before the work, and answered as the write would answer."""

    @pytest.mark.parametrize(
        "name", ["new.csv", "old.csv", "link", "gone/a.csv", "folder", "circle", "old.csv/a"]
    )
    def test_as_the_write_would(self, name: str, tmp_path: Path) -> None:
        (tmp_path / "old.csv").write_bytes(b"old")
        (tmp_path / "folder").mkdir()
        (tmp_path / "link").symlink_to("new.csv")
        (tmp_path / "circle").symlink_to("circle")
        names = sorted(os.listdir(tmp_path))
        asked = fault_of(lambda: check_writable(tmp_path / name))
        assert sorted(os.listdir(tmp_path)) == names
        assert (tmp_path / "old.csv").read_bytes() == b"old"
        assert asked == fault_of(lambda: write(tmp_path / name, b"new"))

    def test_by_somebody_else(self) -> None:
        with open_folder() as folder:
            (folder / "mine").write_bytes(b"")
            (folder / "mine").chmod(0o644)
            assert as_somebody_else(lambda: fault_of(lambda: check_writable(folder / "mine"))) == errno.EACCES
            folder.chmod(0o755)
            assert as_somebody_else(lambda: fault_of(lambda: check_writable(folder / "new"))) == errno.EACCES

    def test_what_cannot_be_replaced_is_not_opened(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        for path in (tmp_path / "pipe", Path("/dev/null"), Path("/dev/stdout")):
            check_writable(path)


def fault_of(action: Callable[[], None]) -> int | None:
    """The number of the system's fault, None where it goes well."""
    try:
        action()
    except OSError as fault:
        return fault.errno
    return None
