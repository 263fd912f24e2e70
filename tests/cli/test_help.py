"""Every command explains itself, at once, and the documentation knows what it takes."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from audiotag.cli import COMMANDS, app
from tests.helpers.command import Run, no_traceback
from tests.helpers.documentation import DOCS, text_of_all


class TestHelp:
    @pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
    def test_every_command_explains_itself(self, command: list[str], audiotag: Run) -> None:
        done = audiotag(*command, "--help")
        assert done.returncode == 0
        assert "Usage: audiotag" in done.stdout.replace("python -m ", "")

    def test_the_documentation_has_a_section_for_each(self) -> None:
        text = (DOCS / "commands.md").read_text(encoding="utf-8")
        assert sorted(re.findall(r"^## ([a-z]+)$", text, re.MULTILINE)) == sorted(COMMANDS)

    @pytest.mark.parametrize("name", COMMANDS)
    def test_every_command_takes_the_common_options(self, name: str, audiotag: Run) -> None:
        text = audiotag(name, "--help").stdout
        for option in ("--db", "--config", "-q, --quiet", "-v, --verbose", "--help"):
            assert option in text

    def test_the_list_of_commands_is_that_of_the_whole_command_line(self, audiotag: Run) -> None:
        whole = CliRunner().invoke(app, ["--help"], prog_name="python -m audiotag").output.split()
        assert audiotag("--help").stdout.split() == whole
        assert audiotag("help").stdout.split() == whole

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
