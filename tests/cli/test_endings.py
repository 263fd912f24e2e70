"""How a command ends, whatever ends it: in one line, and with the exit code that says so."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer

from audiotag.cli import streams
from audiotag.cli.options import command, must_exist
from audiotag.errors import AudiotagError, InterruptedRunError, LibraryLockedError


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """A command takes SIGTERM for itself."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def ending(fault: BaseException, verbose: bool = False) -> int:
    """The exit code of a command that this ends."""

    @command
    def run(verbose: bool) -> None:
        raise fault

    with pytest.raises(typer.Exit) as ended:
        run(verbose=verbose)
    return ended.value.exit_code


@pytest.mark.parametrize(
    ("fault", "code", "line"),
    [
        (AudiotagError("a.mp3: no such file or folder"), 1, "a.mp3: no such file or folder"),
        (LibraryLockedError("l.db: another run holds it"), 4, "l.db: another run holds it"),
        (InterruptedRunError("interrupted; all kept"), 130, "interrupted; all kept"),
        (KeyboardInterrupt(), 130, "interrupted; what was done so far is kept"),
        (
            OSError(errno.EMFILE, "Too many open files"), 1,
            "too few files may be open at once; raise the limit (ulimit -n), or lower --jobs",
        ),
        (
            BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"), 1,
            "no room for another process (Resource temporarily unavailable); "
            "raise the limit (ulimit -u), or lower --jobs",
        ),
        (OSError(errno.EIO, "Input/output error", "/m/a.mp3"), 1, "/m/a.mp3: Input/output error"),
        (OSError("something else"), 1, "output: something else"),
    ],
)  # fmt: skip
def test_a_fault_is_a_line_and_a_code(
    fault: BaseException, code: int, line: str, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("audiotag.cli.options.silence", lambda _stream: None)
    assert ending(fault) == code
    assert capsys.readouterr().err == f"audiotag: {line}\n"


@pytest.mark.parametrize("fault", [AudiotagError("our own"), OSError(errno.EIO, "the system's")])
def test_with_v_it_is_shown_where_it_came_from(
    fault: Exception, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audiotag.cli.options.silence", lambda _stream: None)
    assert ending(fault, verbose=True) == 1
    assert "Traceback" in capsys.readouterr().err


def test_an_interruption_is_no_fault_even_with_v(capsys: pytest.CaptureFixture[str]) -> None:
    assert ending(InterruptedRunError("interrupted"), verbose=True) == 130
    assert capsys.readouterr().err == "audiotag: interrupted\n"


def test_what_must_exist_is_named_where_it_cannot_be_looked_at(tmp_path: Path) -> None:
    must_exist(tmp_path)
    with pytest.raises(AudiotagError, match=r"gone\.mp3: no such file or folder"):
        must_exist(tmp_path / "gone.mp3")
    with pytest.raises(AudiotagError, match="File name too long"):
        must_exist(tmp_path / ("n" * 300))


class Lost(io.TextIOWrapper):
    """A stream that nothing can be written to: its reader has gone, or its disk is full."""

    def __init__(self, fault: OSError | None) -> None:
        self._file = open(os.devnull, "wb")  # noqa: SIM115
        super().__init__(self._file, encoding="utf-8")
        self.fault = fault

    def write(self, text: str) -> int:
        if self.fault is not None:
            raise self.fault
        return super().write(text)

    def flush(self) -> None:
        if self.fault is not None:
            raise self.fault


GONE, FULL = BrokenPipeError(errno.EPIPE, "Broken pipe"), OSError(errno.ENOSPC, "No space left on device")


class TestLostOutput:
    @pytest.fixture
    def lose(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, OSError], list[object]]]:
        """`lose("stdout", fault)`: that stream is lost; gives the list of those that are silenced."""
        made: list[Lost] = []

        def lose(name: str, fault: OSError) -> list[object]:
            silenced: list[object] = []

            def silence(stream: Lost) -> None:
                silenced.append(stream)
                stream.fault = None

            made.append(Lost(fault))
            monkeypatch.setattr(sys, name, made[-1])
            monkeypatch.setattr(streams, "silence", silence)
            return silenced

        yield lose
        for stream in made:
            stream.fault = None
            stream.close()

    def test_a_reader_that_has_gone_ends_nothing(self, lose: Callable[..., list[object]]) -> None:
        silenced = lose("stdout", GONE)
        with streams.standard_streams():
            streams.show("a line")
        assert silenced == [sys.stdout]

    def test_nor_one_that_goes_at_the_end(self, lose: Callable[..., list[object]]) -> None:
        silenced = lose("stdout", GONE)
        with streams.standard_streams():
            pass
        assert silenced == [sys.stdout]

    def test_a_full_disk_is_said_once(
        self, lose: Callable[..., list[object]], capsys: pytest.CaptureFixture[str]
    ) -> None:
        lose("stdout", FULL)
        with pytest.raises(SystemExit) as ended, streams.standard_streams():
            pass
        assert ended.value.code == 1
        assert capsys.readouterr().err == "audiotag: output: No space left on device\n"

    def test_the_parser_s_help_may_meet_one_too(
        self, lose: Callable[..., list[object]], capsys: pytest.CaptureFixture[str]
    ) -> None:
        """And its words for wrong usage, whose exit code stays."""
        lose("stdout", FULL)
        with pytest.raises(SystemExit) as ended, streams.standard_streams():
            print("usage: audiotag …", flush=True)
        assert ended.value.code == 1
        assert capsys.readouterr().err == "audiotag: output: No space left on device\n"
        with pytest.raises(SystemExit) as ended, streams.standard_streams():  # noqa: PT012
            try:
                raise typer.BadParameter("nonsense")
            except typer.BadParameter:
                raise FULL  # noqa: B904
        assert ended.value.code == 2

    def test_an_exit_code_is_nobody_s_to_change(self, lose: Callable[..., list[object]]) -> None:
        lose("stdout", GONE)
        with pytest.raises(SystemExit) as ended, streams.standard_streams():
            raise SystemExit(3)
        assert ended.value.code == 3

    def test_a_message_that_nobody_hears_is_lost(self, lose: Callable[..., list[object]]) -> None:
        silenced = lose("stderr", FULL)
        streams.tell("is anybody there?")
        assert silenced == [sys.stderr]


def test_what_is_silenced_goes_nowhere(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("w") as stream:
        stream.write("heard\n")
        stream.flush()
        streams.silence(stream)
        stream.write("not any more\n")
    assert log.read_text() == "heard\n"
    streams.silence(io.StringIO())  # of which the system knows nothing


def test_closed_streams_are_opened_again() -> None:
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.closerange(0, 3)
            for name in ("stdin", "stdout", "stderr"):
                setattr(sys, name, None)
            streams.reopen_closed()
            for number, stream in enumerate((sys.stdin, sys.stdout, sys.stderr)):
                assert os.get_inheritable(number)
                assert stream.fileno() == number  # type: ignore[union-attr,unused-ignore]
            print("heard by nobody", flush=True)
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
