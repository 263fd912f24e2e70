"""The service as it is run: real folders, the kernel's real word of what happens in them."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from audiotag.errors import AudiotagError
from audiotag.library.store import Store
from audiotag.tags.formats.read import read_tags
from tests.helpers.command import Run, environment
from tests.helpers.models import MadeModel
from tests.helpers.mounts import Mount

Watching = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def watching(tmp_path: Path, made_model: MadeModel) -> Iterator[Watching]:
    """Begin to watch; ends with the test."""
    children: list[subprocess.Popen[str]] = []

    def begin(*arguments: str | Path, **variables: str) -> subprocess.Popen[str]:
        with open(tmp_path / "said", "w", encoding="utf-8") as said:
            child = subprocess.Popen(
                [sys.executable, "-m", "audiotag", "watch", "--settle", "0.5", "--jobs", "1", *arguments],
                stderr=said, stdin=subprocess.DEVNULL, text=True,
                env=environment(tmp_path, made_model) | variables,
            )  # fmt: skip
        children.append(child)
        return child

    yield begin
    for child in children:
        child.send_signal(signal.SIGTERM)
        child.wait(30)


def paths(tmp_path: Path, missing: bool = False) -> list[str]:
    """The names of the files that are in the library and there, or are not."""
    with suppress(AudiotagError), Store(tmp_path / "library.db", write=False) as store:
        return [os.fsdecode(os.path.basename(one.path)) for one in store.tracks() if one.missing == missing]
    return []


def until(what: Callable[[], bool], said: Path, seconds: float = 60.0) -> None:
    """Wait for it."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, said.read_text()
        time.sleep(0.1)


def test_new_changed_and_gone(watching: Watching, music: Path, tmp_path: Path) -> None:
    said = tmp_path / "said"
    child = watching(music)
    until(lambda: paths(tmp_path) == ["one.mp3", "two.flac"], said)

    (music / "album").mkdir()
    shutil.copyfile(music / "one.mp3", music / "album" / "three.mp3")
    (music / "album" / "notes.txt").write_text("no music")
    until(lambda: "three.mp3" in paths(tmp_path), said)

    (music / "two.flac").unlink()
    until(lambda: paths(tmp_path, missing=True) == ["two.flac"], said)

    child.send_signal(signal.SIGTERM)
    assert child.wait(30) == 130
    lines = said.read_text().splitlines()
    assert lines[:2] == ["Watching 1 folder.", "2 heard."]
    assert "1 recognised." in lines
    assert "1 gone." in lines


def test_a_file_that_grows_is_heard_when_it_is_whole(watching: Watching, music: Path, tmp_path: Path) -> None:
    said, whole = tmp_path / "said", (music / "two.flac").read_bytes()
    (music / "two.flac").unlink()
    watching(music, "-v", "--settle", "2")
    until(lambda: paths(tmp_path) == ["one.mp3"], said)
    with open(music / "grows.flac", "wb", buffering=0) as file:
        step = len(whole) // 30 + 1
        for start in range(0, len(whole), step):
            file.write(whole[start : start + step])
            time.sleep(0.1)
            assert "grows.flac" not in paths(tmp_path)
    until(lambda: "grows.flac" in paths(tmp_path), said)
    assert said.read_text().count("grows.flac: ") == 1, said.read_text()


def test_with_tag_it_writes_and_its_own_writing_is_no_news(
    watching: Watching, music: Path, tmp_path: Path
) -> None:
    said = tmp_path / "said"
    watching(music, "--tag", AUDIOTAG_MIN_CONFIDENCE="0")
    until(lambda: "2 files written." in said.read_text(), said)
    assert all(read_tags(path).genres for path in music.iterdir())
    time.sleep(3)
    assert said.read_text().splitlines() == ["Watching 1 folder.", "2 heard.", "2 files written."]


def test_everybody_else_may_use_the_library_in_between(
    watching: Watching, music: Path, tmp_path: Path, audiotag: Run
) -> None:
    said = tmp_path / "said"
    watching(music)
    until(lambda: len(paths(tmp_path)) == 2, said)
    assert audiotag("tag", "-q", "--wait", "20", "--write", "--min-confidence", "0").returncode == 0
    with Store(tmp_path / "library.db", write=True, wait=20.0):
        shutil.copyfile(music / "one.mp3", music / "three.mp3")
        time.sleep(3)
        assert "three.mp3" not in paths(tmp_path)
    until(lambda: "three.mp3" in paths(tmp_path), said)
    assert "Traceback" not in said.read_text()


def test_names_of_any_bytes(watching: Watching, music: Path, tmp_path: Path) -> None:
    said = tmp_path / "said"
    watching(music)
    until(lambda: len(paths(tmp_path)) == 2, said)
    shutil.copyfile(os.fsencode(music / "one.mp3"), os.fsencode(music) + b"/\xff\xfe.mp3")
    until(lambda: len(paths(tmp_path)) == 3, said)


def test_the_limit_of_watches_is_said_and_the_folders_are_polled(
    watching: Watching, music: Path, tmp_path: Path
) -> None:
    said, fake = tmp_path / "said", tmp_path / "fake"
    fake.mkdir()
    (fake / "watchfiles.py").write_text(
        "def watch(*paths, **options):\n    raise OSError(28, 'OS file watch limit reached.')\n    yield\n"
    )
    watching(music, "--poll", "1", PYTHONPATH=f"{fake}:{os.environ.get('PYTHONPATH', '')}")
    until(lambda: len(paths(tmp_path)) == 2, said)
    assert "fs.inotify.max_user_watches" in said.read_text()
    shutil.copyfile(music / "one.mp3", music / "three.mp3")
    until(lambda: "three.mp3" in paths(tmp_path), said)


def test_a_disk_that_goes_is_waited_for(watching: Watching, music: Path, tmp_path: Path) -> None:
    disk = Mount(tmp_path / "disk", "64m")
    try:
        said = tmp_path / "said"
        shutil.copyfile(music / "one.mp3", disk.folder / "one.mp3")
        child = watching(disk.folder)
        until(lambda: paths(tmp_path) == ["one.mp3"], said)
        disk.unmount()
        time.sleep(2)
        assert child.poll() is None, said.read_text()
        disk.mount()
        shutil.copyfile(music / "two.flac", disk.folder / "two.flac")
        until(lambda: "two.flac" in paths(tmp_path), said)
    finally:
        disk.unmount()


def test_a_library_among_the_music_makes_no_news(watching: Watching, music: Path, tmp_path: Path) -> None:
    said, library = tmp_path / "said", music / "library.db"

    def count() -> int:
        with suppress(AudiotagError), Store(library, write=False) as store:
            return sum(1 for _ in store.tracks())
        return 0

    watching(music, "--db", library)
    until(lambda: count() == 2, said)
    time.sleep(2)
    before = library.stat().st_mtime_ns, (music / "library.db.lock").stat().st_ctime_ns
    folder = music.stat().st_ctime_ns  # a look makes a -wal, and takes it away
    time.sleep(3)
    assert (library.stat().st_mtime_ns, (music / "library.db.lock").stat().st_ctime_ns) == before
    assert music.stat().st_ctime_ns == folder


def test_what_an_earlier_run_had_heard_but_not_written_is_written(
    watching: Watching, music: Path, tmp_path: Path, audiotag: Run
) -> None:
    said = tmp_path / "said"
    assert audiotag("scan", music).returncode == 0
    watching(music, "--tag", AUDIOTAG_MIN_CONFIDENCE="0")
    until(lambda: "2 files written." in said.read_text(), said)


class TestWrongUsage:
    def test_only_folders_can_be_watched(self, audiotag: Run, music: Path) -> None:
        done = audiotag("watch", music / "one.mp3")
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert audiotag("watch").returncode == 2
        assert audiotag("watch", "/no/such/folder").returncode == 1

    def test_the_unit_names_the_library_and_the_folders(self, audiotag: Run, music: Path) -> None:
        text = audiotag("watch", "--systemd", "--tag", music).stdout
        assert f" --tag {music}\n" in text
        assert str(music) in text.split("ReadWritePaths=")[1].splitlines()[0]

    def test_a_library_s_folder_that_is_not_there_yet_is_said(
        self, audiotag: Run, music: Path, tmp_path: Path
    ) -> None:
        done = audiotag("watch", "--systemd", "--db", tmp_path / "new" / "library.db", music)
        assert (done.returncode, done.stderr.count("\n")) == (0, 1)
        assert done.stderr.startswith(f"{tmp_path}/new: make this folder")
        assert audiotag("watch", "--systemd", music).stderr == ""

    def test_the_unit_runs_the_command_as_it_was_given(
        self, audiotag: Run, music: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "my.toml").touch()
        options = ("--settle", "60", "--jobs", "2", "--config", tmp_path / "my.toml", "-q")
        command = (
            audiotag("watch", "--systemd", *options, music).stdout.split("ExecStart=")[1].splitlines()[0]
        )
        for words in ("--settle 60.0", "--jobs 2", f"--config {tmp_path}/my.toml", "--quiet"):
            assert f" {words} " in command


@pytest.mark.slow
@pytest.mark.timeout(1_200)
def test_ten_thousand_dropped_at_once(watching: Watching, music: Path, tmp_path: Path) -> None:
    said = tmp_path / "said"
    watching(music)
    until(lambda: len(paths(tmp_path)) == 2, said)
    for number in range(10_000):
        folder = music / f"album {number // 100}"
        folder.mkdir(exist_ok=True)
        shutil.copyfile(music / "one.mp3", folder / f"{number}.mp3")

    def recognised() -> int:
        counts = re.findall(r"^([\d,]+) recognised\.$", said.read_text(), re.MULTILINE)
        return sum(int(count.replace(",", "")) for count in counts)

    until(lambda: recognised() >= 10_000, said, 1_000)
    assert (recognised(), len(paths(tmp_path))) == (10_000, 10_002)
    heard = [line for line in said.read_text().splitlines() if "heard" in line]
    assert heard == ["2 heard."], "nothing is heard twice"
