"""What a user may get wrong, and what a system may refuse: one line, and the right exit code."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from audiotag.library.store import Store
from tests.helpers.command import Run, environment, no_traceback
from tests.helpers.models import MadeModel


class TestBadInput:
    def test_a_path_that_does_not_exist(self, audiotag: Run) -> None:
        done = audiotag("scan", "/no/such/folder")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == "audiotag: /no/such/folder: no such file or folder\n"

    def test_a_folder_without_audio(self, audiotag: Run, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        done = audiotag("scan", tmp_path / "empty")
        assert (done.returncode, done.stderr) == (0, "No audio files found.\n")
        (tmp_path / "empty" / "notes.txt").write_text("no audio")
        assert audiotag("scan", tmp_path / "empty").returncode == 0

    def test_failed_files_are_named_and_exit_3_but_do_not_end_the_cron_line(
        self, audiotag: Run, music: Path, tmp_path: Path
    ) -> None:
        (music / "bad\n.flac").write_text("no music")
        done = audiotag("scan", "-q", music)
        assert done.returncode == 3
        assert done.stderr.startswith(f"failed: {music}/bad\\n.flac: ")
        assert done.stderr.count("\n") == 1
        for step in (
            ("scan", "-q", music),  # a known failure is not news
            ("tag", "-q", "--write-id3"),
            ("report", "-q", "--csv", tmp_path / "c"),
        ):
            done = audiotag(*step)
            assert (done.returncode, done.stderr) == (0, "")

    def test_a_name_of_any_bytes_goes_all_the_way(self, audiotag: Run, music: Path) -> None:
        name = os.path.join(os.fsencode(music), b"\xff\xfe.mp3")
        shutil.copyfile(os.fsencode(music / "one.mp3"), name)
        assert audiotag("scan", name).returncode == 0
        done = audiotag("tag", "--write-id3")
        assert "\\xff\\xfe.mp3: (no genre) → " in done.stdout
        assert "\\xff\\xfe.mp3" in audiotag("report").stdout

    @pytest.mark.parametrize("command", ["tag", "undo", "report"])
    def test_no_library_yet(self, command: str, audiotag: Run) -> None:
        done = audiotag(command)
        assert done.returncode == 1
        assert "run 'audiotag scan FOLDER' first" in done.stderr

    def test_writing_makes_no_library_where_there_is_none(self, audiotag: Run, tmp_path: Path) -> None:
        assert audiotag("tag", "--write").returncode == 1
        assert not (tmp_path / "library.db").exists()

    @pytest.mark.parametrize("command", ["tag", "report"])
    def test_a_path_that_nobody_knows(self, command: str, audiotag: Run, known: Path) -> None:
        done = audiotag(command, "/no/such/folder")
        assert (done.returncode, "/no/such/folder: no such file" in done.stderr) == (1, True)

    def test_a_name_too_long_for_the_system(self, audiotag: Run) -> None:
        done = audiotag("scan", "x" * 300)
        assert (done.returncode, done.stderr.count("\n"), no_traceback(done)) == (1, 1, True)

    def test_a_library_that_is_none(self, audiotag: Run, music: Path, tmp_path: Path) -> None:
        notes = tmp_path / "notes.txt"
        notes.write_text("these are notes\n" * 100)
        for arguments in (["scan", str(music)], ["tag", "--write"], ["report"]):
            done = audiotag(*arguments, "--db", notes)
            assert (done.returncode, done.stderr.count("\n")) == (1, 1)
            assert "not an audiotag library" in done.stderr
        assert notes.read_text() == "these are notes\n" * 100

    @pytest.mark.parametrize(
        "arguments",
        [
            ["--model", "nonsense"],
            ["--engine", "abacus"],
            ["--windows", "0"],
            ["--windows", "9" * 5_000],
            ["--jobs", "-1"],
            ["--timeout", "nan"],
            ["--timeout", "inf"],
            ["--config", "/no/such.toml"],
        ],
    )
    def test_senseless_settings_are_one_line(self, arguments: list[str], audiotag: Run, music: Path) -> None:
        done = audiotag("scan", music, *arguments)
        fatal = arguments[0] in ("--model", "--config")
        assert (done.returncode, done.stderr.count("\n")) == (1 if fatal else 2, 1)

    def test_an_unwritable_report(self, audiotag: Run, known: Path) -> None:
        done = audiotag("report", "--csv", "/no/such/folder/x.csv")
        assert done.returncode == 1
        assert done.stderr.startswith("audiotag: /no/such/folder/x.csv: cannot be written")
        for wrong in ("/", "."):
            done = audiotag("report", "--csv", wrong)
            assert (done.returncode, no_traceback(done)) == (1, True)

    def test_a_report_through_a_link_or_into_a_pipe(self, audiotag: Run, known: Path, tmp_path: Path) -> None:
        (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
        assert audiotag("report", "--csv", tmp_path / "link.csv").returncode == 0
        assert (tmp_path / "link.csv").is_symlink()
        assert (tmp_path / "real.csv").read_text().count("\n") == 3
        assert audiotag("report", "--csv", "/dev/stdout").stdout.count("\n") == 3

    def test_writing_goes_on_when_the_reader_goes_away(
        self, audiotag: Run, known: Path, tmp_path: Path, made_model: MadeModel
    ) -> None:
        command = f"{sys.executable} -m audiotag tag --write-id3 | true"
        variables = environment(tmp_path, made_model)
        subprocess.run(command, shell=True, stderr=subprocess.DEVNULL, env=variables, check=True)
        assert audiotag("tag", "-v").stdout.count("kept: already so") == 2

    def test_a_terminal_that_is_not_utf_8(self, audiotag: Run, known: Path) -> None:
        done = audiotag("tag", "-v", PYTHONIOENCODING="latin-1")
        assert (done.returncode, done.stdout.count("(no genre) \\u2192")) == (0, 2)

    def test_a_reader_that_goes_away(
        self, audiotag: Run, known: Path, tmp_path: Path, made_model: MadeModel
    ) -> None:
        done = subprocess.run(
            f"{sys.executable} -m audiotag report | true",
            shell=True,
            capture_output=True,
            text=True,
            env=environment(tmp_path, made_model),
            check=False,
        )
        assert done.stderr == ""

    def test_a_held_library_is_exit_4(self, audiotag: Run, music: Path, tmp_path: Path) -> None:
        with Store(tmp_path / "library.db", write=True):
            done = audiotag("scan", music)
            assert done.returncode == 4
            assert "another run" in done.stderr
            assert audiotag("report").returncode == 0
