"""The command line as people type it: options before the command, help as a word, and one style of error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiotag.cli.grammar import in_order
from tests.helpers.command import Run, no_traceback


class TestOrder:
    @pytest.mark.parametrize(
        ("typed", "meant"),
        [
            ("-q scan .", "scan -q ."),
            ("--db a.db -v tag --write", "tag --db a.db -v --write"),
            ("--db=a.db report", "report --db=a.db"),
            ("help", "--help"),
            ("help scan", "scan --help"),
            ("-q help scan", "scan --help"),
            ("help help", "--help"),
            ("-q", "-q"),
            ("-q --version", "-q --version"),
            ("scan -q .", "scan -q ."),
            ("", ""),
        ],
    )
    def test_the_command_comes_first(self, typed: str, meant: str) -> None:
        assert in_order(typed.split()) == meant.split()

    @given(st.lists(st.text(max_size=5)))
    def test_a_command_that_is_first_already_stays(self, rest: list[str]) -> None:
        assert in_order(["scan", *rest]) == ["scan", *rest]


class TestWrongUsage:
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["bogus"], "no such command 'bogus'"),
            (["taf"], "no such command 'taf', did you mean 'tag'"),
            (["scan", "--nonsense"], "no such option: --nonsense"),
            (["scan", "--jobs", "x"], "--jobs must be a whole number"),
            (["tag", "--top"], "--top needs a value"),
            (["train"], "missing argument 'ARCHIVE...'"),
        ],
    )
    def test_it_is_one_line_that_says_where_to_look(
        self, arguments: list[str], said: str, audiotag: Run
    ) -> None:
        done = audiotag(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"audiotag: {said}")
        assert "--help'" in done.stderr
        assert done.stderr.count("\n") == 1
        assert no_traceback(done)

    def test_an_option_is_named_as_it_is_typed(self, audiotag: Run) -> None:
        done = audiotag("tag", "--policy", "bad")
        assert (done.returncode, done.stderr) == (
            2,
            "audiotag: --policy must be one of fill, append, replace, not 'bad'\n",
        )


class TestHelp:
    def test_the_list_of_commands_is_whole(self, audiotag: Run) -> None:
        text = audiotag("--help", COLUMNS="80").stdout
        assert "..." not in text.split("Commands:")[1]
        assert max(map(len, text.splitlines())) <= 80

    @pytest.mark.parametrize("name", ["scan", "tag", "evaluate", "similar"])
    def test_nobody_needs_to_know_python(self, name: str, audiotag: Run) -> None:
        text = audiotag(name, "--help", COLUMNS="80").stdout
        assert not any(word in text for word in ("<list", "<Path", "<str", "TEXT", "INTEGER"))

    def test_the_short_ways(self, audiotag: Run) -> None:
        assert audiotag("-V").stdout == audiotag("--version").stdout
        assert audiotag("help", "scan").stdout == audiotag("scan", "--help").stdout

    @pytest.mark.parametrize("typed", ["-q -V", "-V -q", "--help -q", "help help", "-v --db x.db help"])
    def test_common_options_beside_them_change_nothing(self, typed: str, audiotag: Run) -> None:
        done = audiotag(*typed.split())
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout in (audiotag("--help").stdout, audiotag("-V").stdout)

    def test_a_common_option_without_its_value_is_said(self, audiotag: Run) -> None:
        done = audiotag("-q", "--db")
        assert (done.returncode, done.stderr) == (2, "audiotag: --db needs a value: see 'audiotag --help'\n")
