"""undo as a user runs it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from audiotag.library.store import Store
from tests.cli.tagging.running import Run, genres
from tests.helpers.command import environment
from tests.helpers.terminal import on_terminal
from tests.tags.dressing import write_genres
from tests.tags.failures import crash


class TestUndo:
    def test_there_and_back_and_there_again(self, audiotag: Run, music: Path) -> None:
        before = [path.read_bytes() for path in sorted(music.iterdir())]
        audiotag("tag", "--write", "--policy", "replace")
        assert genres(music) == [("Rock",), ("Rock",)]

        done = audiotag("undo", "--dry-run")
        assert (done.returncode, genres(music)) == (0, [("Rock",), ("Rock",)])
        assert done.stdout.splitlines() == [
            f"{music}:",
            "a.mp3: Rock → (no genre)",
            "b.flac: Rock → Folk",
        ]
        assert re.fullmatch(r"Run 1 \(tag, .*\): 2 of 2 files would be put back\.\n", done.stderr)

        done = audiotag("undo")
        assert (done.returncode, "2 of 2 files put back" in done.stderr) == (0, True)
        assert [path.read_bytes() for path in sorted(music.iterdir())] == before

        done = audiotag("undo")
        assert (done.returncode, done.stdout.count("kept: as before already")) == (0, 2)
        assert "0 of 2 files put back, 2 as before already" in done.stderr

        assert audiotag("undo", "--run", "2").returncode == 0
        assert genres(music) == [("Rock",), ("Rock",)]
        lines = audiotag("undo", "--list").stdout.splitlines()
        assert [line.split("  ")[2:] for line in lines] == [
            ["tag", "2 files written"],
            ["undo of run 1", "2 files written"],
            ["undo of run 2", "2 files written"],
        ]

    def test_only_a_path_and_only_what_nobody_changed_since(self, audiotag: Run, music: Path) -> None:
        audiotag("tag", "--write", "--policy", "replace")
        write_genres(music / "b.flac", ("Polka",))
        done = audiotag("undo", music / "b.flac")
        assert (done.returncode, done.stdout) == (
            0,
            f"{music}/b.flac: Polka   kept: its genre was changed since\n",
        )
        audiotag("undo", music / "a.mp3")
        assert genres(music) == [(), ("Polka",)]

    def test_a_run_that_was_killed_before_its_first_file_is_not_the_last(
        self, audiotag: Run, music: Path, tmp_path: Path
    ) -> None:
        audiotag("tag", "--write")
        with Store(tmp_path / "library.db", write=True) as store:
            crash(store, music / "b.flac", before_the_replace=True)
        done = audiotag("undo")
        assert "An earlier run was killed" in done.stderr
        assert "Run 1 (tag" in done.stderr
        assert genres(music) == [(), ("Folk",)]

    def test_on_a_terminal_it_asks_first(self, audiotag: Run, music: Path, tmp_path: Path) -> None:
        audiotag("tag", "--write", "--policy", "replace")
        variables = environment(tmp_path)
        for typed in (b"n\n", b"\n", b"\x04"):
            code, shown = on_terminal(80, "undo", environment=variables, typed=typed)
            assert (code, "2 of 2 files would be put back" in shown) == (0, True)
            assert "Put back 2 files of run 1? [y/N]" in shown
            assert shown.endswith("Nothing has been changed.\n")
            assert genres(music) == [("Rock",), ("Rock",)]
        code, shown = on_terminal(80, "undo", environment=variables, typed=b"y\n")
        assert (code, "2 of 2 files put back" in shown, shown.count("a.mp3")) == (0, True, 1)
        assert genres(music) == [(), ("Folk",)]
        code, shown = on_terminal(80, "undo", environment=variables)
        assert (code, "?" in shown) == (0, False), "where nothing would be put back there is nothing to ask"
        code, shown = on_terminal(80, "undo", "--run", "2", "--yes", environment=variables)
        assert (code, "?" in shown, genres(music)) == (0, False, [("Rock",), ("Rock",)])

    @pytest.mark.parametrize("options", [(), ("-q",)])
    def test_an_interruption_of_the_question_is_one_line(
        self, options: tuple[str, ...], audiotag: Run, music: Path, tmp_path: Path
    ) -> None:
        audiotag("tag", "--write", "--policy", "replace")
        code, shown = on_terminal(
            80, "undo", *options, environment=environment(tmp_path), typed=b"\x03", after=b"[y/N] "
        )
        assert (code, genres(music)) == (130, [("Rock",), ("Rock",)])
        question, last = shown.splitlines()[-2:]
        assert question == "Put back 2 files of run 1? [y/N] ^C"
        assert last == "audiotag: interrupted; nothing has been changed"

    def test_where_nothing_can_be_put_back_the_terminal_gets_the_exit_code_of_a_pipe(
        self, audiotag: Run, music: Path, tmp_path: Path
    ) -> None:
        audiotag("tag", "--write", "--policy", "replace")
        for file in music.iterdir():
            file.write_bytes(b"")
        code, shown = on_terminal(80, "undo", environment=environment(tmp_path))
        assert (code, "?" in shown) == (audiotag("undo").returncode, False), shown

    def test_nothing_to_undo(self, audiotag: Run, music: Path) -> None:
        done = audiotag("undo")
        assert (done.returncode, done.stderr) == (
            0,
            "Nothing to undo: the journal knows of no write there.\n",
        )
        assert "The journal is empty" in audiotag("undo", "--list").stderr
        done = audiotag("undo", "--run", "5")
        assert (done.returncode, done.stderr) == (
            1,
            "audiotag: no run 5 in the journal; audiotag undo --list shows them\n",
        )

    def test_what_cannot_be_put_back_is_named(self, audiotag: Run, music: Path) -> None:
        audiotag("tag", "--write")
        os.link(music / "a.mp3", music / "other.mp3")
        done = audiotag("undo", "-q")
        assert (done.returncode, done.stdout) == (3, "")
        assert done.stderr.startswith(f"failed: {music}/a.mp3: it has 2 hard links")
        assert audiotag("undo", "-q", "--break-hardlinks").returncode == 0
        assert genres(music)[0] == ()
