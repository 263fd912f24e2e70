"""The command that was given, as a line that does the same when it is typed again."""

from __future__ import annotations

import io
import os
import shutil
import subprocess

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from audiotag.cli.echo import EchoedCommand, quoted, same_command
from audiotag.text import prints

app = typer.Typer(name="audiotag", rich_markup_mode=None)


@app.callback()
def _root() -> None:
    pass


@app.command(cls=EchoedCommand, context_settings={"ignore_unknown_options": True})
def tag(context: typer.Context, words: list[str]) -> None:
    print(same_command(context, "--write-id3"))


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["Music"], "audiotag tag --write-id3 Music"),
        (["--min-confidence", "0.9", "My Music"], "audiotag tag --write-id3 --min-confidence 0.9 'My Music'"),
        (["--db=a b.db", "--", "-song.mp3"], "audiotag tag --write-id3 '--db=a b.db' -- -song.mp3"),
        (["it's", "$HOME", "*"], """audiotag tag --write-id3 'it'"'"'s' '$HOME' '*'"""),
        (["new\nline'\\"], "audiotag tag --write-id3 $'new\\x0aline\\'\\\\'"),
    ],
)
def test_all_that_was_given_is_there_in_the_shell_s_quotes(arguments: list[str], line: str) -> None:
    done = CliRunner().invoke(app, ["tag", *arguments])
    assert done.stdout == line + "\n"


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash, which knows $'…'")
def test_bash_gives_back_the_very_bytes() -> None:
    names = [b"\xe9 latin", b"\x1b[31m", "\u202eä'\\".encode(), b"\x85 1", b"plain", b"", b"\\x41\n\xff'"]
    line = "printf '%s\\0' " + " ".join(quoted(os.fsdecode(name)) for name in names)
    done = subprocess.run(["bash", "-c", line], capture_output=True, check=True)
    assert done.stdout.split(b"\0")[:-1] == names


def test_a_terminal_without_the_letters_gets_their_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert quoted("Bj\u00f6rk") == "$'Bj\\xc3\\xb6rk'"


@given(st.binary(max_size=20).filter(lambda name: b"\0" not in name))
def test_a_quoted_word_is_harmless_on_a_terminal(name: bytes) -> None:
    assert all(map(prints, quoted(os.fsdecode(name))))
