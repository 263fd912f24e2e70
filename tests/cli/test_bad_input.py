"""The commands as a user runs them: output, exit codes, bad input."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from audiotag.library.store import Store
from tests.helpers.audio_files import make_audio, tone
from tests.helpers.documentation import text_of_all
from tests.helpers.models import MadeModel

COMMANDS = ["scan", "tag", "undo", "report", "prepare", "train", "evaluate", "doctor"]


@pytest.fixture
def audiotag(tmp_path: Path, made_model: MadeModel) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command with a library, config and model of its own."""

    def run(*arguments: str | os.PathLike[str] | bytes, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "audiotag", *arguments],
            capture_output=True,
            text=True,
            errors="backslashreplace",
            check=False,
            env=environment(tmp_path, made_model) | variables,
        )

    return run


def environment(folder: Path, model: MadeModel) -> dict[str, str]:
    return os.environ | {
        "AUDIOTAG_DB": str(folder / "library.db"),
        "AUDIOTAG_MODEL": str(model.card_file),
        "AUDIOTAG_ENGINE": "onnx",
        "AUDIOTAG_JOBS": "1",
        "AUDIOTAG_MIN_CONFIDENCE": "0",
        "XDG_CONFIG_HOME": str(folder / "config"),
    }


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    folder.mkdir()
    make_audio(folder / "one.mp3", tone(4.0, 44_100), 44_100)
    make_audio(folder / "two.flac", tone(4.0, 44_100, seed=1), 44_100)
    return folder


Run = Callable[..., "subprocess.CompletedProcess[str]"]


def no_traceback(done: subprocess.CompletedProcess[str]) -> bool:
    return "Traceback" not in done.stderr + done.stdout


class TestHelp:
    @pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
    def test_every_command_explains_itself(self, command: list[str], audiotag: Run) -> None:
        done = audiotag(*command, "--help")
        assert done.returncode == 0
        assert "Usage: audiotag" in done.stdout.replace("python -m ", "")

    @pytest.mark.parametrize("name", COMMANDS)
    def test_every_command_takes_the_common_options(self, name: str, audiotag: Run) -> None:
        text = audiotag(name, "--help").stdout
        for option in ("--db", "--config", "-q, --quiet", "-v, --verbose", "--help"):
            assert option in text

    def test_help_loads_nothing_heavy(self) -> None:
        code = (
            "import sys; from audiotag.cli import app\n"
            "try: app(['scan', '--help'])\n"
            "except SystemExit: pass\n"
            "print(sorted({'numpy', 'loky', 'onnxruntime', 'tensorflow', 'essentia', 'mutagen', 'rich'}"
            " & set(sys.modules)), file=sys.stderr)\n"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert done.stderr.strip() == "[]"

    def test_the_documentation_names_every_option(self, audiotag: Run) -> None:
        text = text_of_all()
        for name in COMMANDS:
            words = audiotag(name, "--help").stdout.replace(",", " ").split()
            for option in {word for word in words if word.startswith("--")}:
                assert re.search(rf"(?<![\w-]){option}(?![\w-])", text), f"{name} {option} is in no page"

    @pytest.mark.parametrize("arguments", [["scan"], ["scan", "--nonsense", "."], ["nonsense"], ["train"]])
    def test_wrong_usage_is_exit_2(self, arguments: list[str], audiotag: Run) -> None:
        done = audiotag(*arguments)
        assert done.returncode == 2
        assert no_traceback(done)


class TestTheMainJob:
    def test_scan_tag_report(self, audiotag: Run, music: Path) -> None:
        done = audiotag("scan", music)
        assert done.returncode == 0, done.stderr
        assert done.stdout == ""
        assert "2 tracks predicted" in done.stderr

        done = audiotag("scan", music)
        assert "Nothing has changed: 2 tracks known, none decoded." in done.stderr

        done = audiotag("tag")
        assert done.returncode == 0
        assert done.stdout.count("(no genre) → ") == 2
        assert "2 of 2 files would be written" in done.stderr

        done = audiotag("tag", "--write-id3")
        assert done.returncode == 0
        assert "2 of 2 files written" in done.stderr

        done = audiotag("tag", "--write")
        assert done.stdout.count("kept: already so") == 2
        assert "0 of 2 files written, 2 had a genre already" in done.stderr

        done = audiotag("scan", music)
        assert "Nothing has changed" in done.stderr, "our own writing is no change"

        done = audiotag("report")
        rows = list(csv.DictReader(io.StringIO(done.stdout)))
        assert [Path(row["path"]).name for row in rows] == ["one.mp3", "two.flac"]
        assert done.stderr == ""

    def test_quiet_from_cron(self, audiotag: Run, music: Path, tmp_path: Path) -> None:
        steps = [
            ("scan", "-q", music),
            ("tag", "-q", "--write-id3"),
            ("report", "-q", "--csv", tmp_path / "genres.csv"),
        ]
        for step in steps:
            done = audiotag(*step)
            assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert len((tmp_path / "genres.csv").read_text().splitlines()) == 3

    def test_the_report_goes_where_it_is_asked_to(self, audiotag: Run, music: Path, tmp_path: Path) -> None:
        audiotag("scan", music)
        csv_file, json_file = tmp_path / "a.csv", tmp_path / "a.json"
        done = audiotag("report", music / "one.mp3", "--csv", csv_file, "--json", json_file)
        assert done.stdout == ""
        assert len(csv_file.read_bytes().split(b"\r\n")) == 3
        assert json_file.read_text().count("\n") == 1
        assert audiotag("report", "--csv", "-").stdout == audiotag("report").stdout

    def test_a_map_renames_and_silences(self, audiotag: Run, music: Path, tmp_path: Path) -> None:
        audiotag("scan", music)
        genre_map = tmp_path / "map.toml"
        genre_map.write_text('Folk = ["A", "B"]\nPop = ["A", "B"]\nRock = ["A", "B"]\n')
        assert "(no genre) → A; B" in audiotag("tag", "--map", genre_map).stdout
        genre_map.write_text("Folk = []\nPop = []\nRock = []\n")
        assert audiotag("tag", "--map", genre_map).stdout.count("kept: silenced by the map") == 2

    def test_uncertain_tracks_get_nothing(self, audiotag: Run, music: Path) -> None:
        audiotag("scan", music)
        done = audiotag("tag", "--write-id3", "--min-confidence", "1")
        assert done.stdout.count("kept: below threshold") == 2
        assert "0 of 2 files written, 2 uncertain" in done.stderr


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

    def test_failed_files_are_named_and_exit_3(self, audiotag: Run, music: Path) -> None:
        (music / "bad\n.flac").write_text("text")
        done = audiotag("scan", "-q", music)
        assert done.returncode == 3
        assert done.stderr.startswith(f"failed: {music}/bad\\n.flac: ")
        assert done.stderr.count("\n") == 1
        assert audiotag("scan", music).returncode == 0, "a known failure is not news"

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
    def test_a_path_that_nobody_knows(self, command: str, audiotag: Run, music: Path) -> None:
        audiotag("scan", music)
        done = audiotag(command, "/no/such/folder")
        assert (done.returncode, "/no/such/folder: no such file" in done.stderr) == (1, True)

    def test_a_name_too_long_for_the_system(self, audiotag: Run) -> None:
        done = audiotag("scan", "x" * 300)
        assert (done.returncode, done.stderr.count("\n"), no_traceback(done)) == (1, 1, True)

    def test_one_bad_file_does_not_end_the_cron_line(
        self, audiotag: Run, music: Path, tmp_path: Path
    ) -> None:
        (music / "bad.flac").write_text("no music")
        assert audiotag("scan", "-q", music).returncode == 3
        for step in (
            ("scan", "-q", music),
            ("tag", "-q", "--write-id3"),
            ("report", "-q", "--csv", tmp_path / "c"),
        ):
            done = audiotag(*step)
            assert (done.returncode, done.stderr) == (0, "")

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

    def test_an_unwritable_report(self, audiotag: Run, music: Path) -> None:
        audiotag("scan", music)
        done = audiotag("report", "--csv", "/no/such/folder/x.csv")
        assert done.returncode == 1
        assert done.stderr.startswith("audiotag: /no/such/folder/x.csv: cannot be written")
        for wrong in ("/", "."):
            done = audiotag("report", "--csv", wrong)
            assert (done.returncode, no_traceback(done)) == (1, True)

    def test_a_report_through_a_link_or_into_a_pipe(self, audiotag: Run, music: Path, tmp_path: Path) -> None:
        audiotag("scan", music)
        (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
        assert audiotag("report", "--csv", tmp_path / "link.csv").returncode == 0
        assert (tmp_path / "link.csv").is_symlink()
        assert (tmp_path / "real.csv").read_text().count("\n") == 3
        assert audiotag("report", "--csv", "/dev/stdout").stdout.count("\n") == 3

    def test_writing_goes_on_when_the_reader_goes_away(
        self, audiotag: Run, music: Path, tmp_path: Path, made_model: MadeModel
    ) -> None:
        audiotag("scan", music)
        command = f"{sys.executable} -m audiotag tag --write-id3 | true"
        variables = environment(tmp_path, made_model)
        subprocess.run(command, shell=True, stderr=subprocess.DEVNULL, env=variables, check=True)
        assert audiotag("tag").stdout.count("kept: already so") == 2

    def test_a_terminal_that_is_not_utf_8(self, audiotag: Run, music: Path) -> None:
        audiotag("scan", music)
        done = audiotag("tag", PYTHONIOENCODING="latin-1")
        assert (done.returncode, done.stdout.count("(no genre) \\u2192")) == (0, 2)

    def test_a_reader_that_goes_away(
        self, audiotag: Run, music: Path, tmp_path: Path, made_model: MadeModel
    ) -> None:
        audiotag("scan", music)
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


def session_members(session: int) -> list[int]:
    """Processes that are alive in a session."""
    members = []
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        with suppress(OSError), open(f"/proc/{pid}/stat") as file:
            state, _, _, its_session = file.read().rsplit(")", 1)[1].split()[:4]
            if int(its_session) == session and state != "Z":
                members.append(int(pid))
    return members


@pytest.mark.parametrize(
    "signum",
    [signal.SIGINT, *(pytest.param(one, marks=pytest.mark.slow) for one in (signal.SIGTERM, signal.SIGKILL))],
)
def test_an_interrupted_scan_keeps_what_it_has_and_goes_on(
    signum: signal.Signals, tmp_path: Path, made_model: MadeModel, audiotag: Run, music: Path
) -> None:
    for i in range(20):
        make_audio(music / f"more{i:02}.mp3", tone(4.0, 44_100, seed=2 + i), 44_100)
    process = subprocess.Popen(
        [sys.executable, "-m", "audiotag", "scan", "-v", str(music)],
        env=environment(tmp_path, made_model),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    for _ in range(4):  # the opening line and three songs
        process.stderr.readline()
    process.send_signal(signum)
    asked = time.monotonic()
    process.wait(timeout=20)
    if signum != signal.SIGKILL:
        assert process.returncode == 130
        assert time.monotonic() - asked < 2.5  # two, and what starting and ending Python takes
        *_, last = process.stderr.read().splitlines()
        assert re.fullmatch(
            r"audiotag: interrupted; (\d+) of 22 files done \(\1 decoded, 0 recognised\), all kept: "
            "the next scan goes on",
            last,
        )
    while session_members(process.pid):
        assert time.monotonic() - asked < 15, "workers outlived the scan"
        time.sleep(0.1)
    with Store(tmp_path / "library.db", write=False) as store:
        kept = len(list(store.paths()))
    assert kept >= 3
    done = audiotag("scan", music)
    assert done.returncode == 0, done.stderr
    assert f"{22 - kept} tracks predicted" in done.stderr
