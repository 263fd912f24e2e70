"""Which decoder is heard, and when the next one is asked: with decoders that are played."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

from audiotag.audio import child, decode, decoders, hearing, pyav_decoder
from audiotag.audio.child import CrashedError, DecodeLimits, TimedOutError, TooMuchMemoryError
from audiotag.audio.decoders import ESSENTIA, LIBSNDFILE, PYAV, in_order
from audiotag.audio.sound import NotReadError, Sound
from audiotag.audio.stated import Stated
from audiotag.errors import DecodeError
from tests.helpers.decoding import Recorder, mono

UNHURRIED, QUICK = DecodeLimits(), DecodeLimits(seconds=0.5)
SECOND = 44_100


@dataclass
class Played:
    """A sound of 0.5 that is played: blocks of so many samples, then a fault, if any."""

    blocks_of: tuple[int, ...] = (SECOND,)
    fault: Exception | None = None
    whole: bool = True
    rate: float = SECOND
    later_rate: float = SECOND
    seconds: float = 0.0
    length: int | None = None

    def blocks(self) -> Iterator[np.ndarray]:
        for samples in self.blocks_of:
            yield np.full((samples, 1), 0.5, np.float32)
        self.rate = self.later_rate
        if self.fault is not None:
            raise self.fault

    def stretch(self, start: int, count: int) -> Iterator[np.ndarray]:
        raise AssertionError("its length is not known")

    def is_whole(self) -> bool:
        return self.whole


def hang(_filename: str) -> NoReturn:
    time.sleep(30)
    raise AssertionError("nobody waits so long")


def crash(_filename: str) -> NoReturn:
    os.kill(os.getpid(), signal.SIGSEGV)
    raise AssertionError("survived")


def refuse(_filename: str) -> NoReturn:
    raise NotReadError("refused")


def eat(_filename: str) -> NoReturn:
    raise MemoryError("too much")


@pytest.fixture
def song(tmp_path: Path) -> Path:
    path = tmp_path / "song.mp3"
    path.write_text("ID3: the decoders do not look into it")
    return path


Play = Callable[..., None]


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Play:
    """Give what each decoder does when it opens the file: libsndfile, PyAV, and Essentia, which crashes."""

    def parts(first: Any, second: Any, third: Any = crash, header: Any = lambda _name: Stated()) -> None:
        by_name = dict(zip((LIBSNDFILE, PYAV, ESSENTIA), (first, second, third), strict=True))

        @contextmanager
        def opened(part: Any, filename: str) -> Iterator[Sound]:
            yield part if isinstance(part, Played) else part(filename)

        monkeypatch.setattr(decoders, "opener", lambda name: lambda filename: opened(by_name[name], filename))
        monkeypatch.setattr(hearing, "_read_header", header)

    return parts


def heard(song: Path, limits: DecodeLimits = UNHURRIED) -> tuple[float, int]:
    """The rate, and how many samples came."""
    samples, rate = mono(song, limits)
    return rate, len(samples)


def test_the_next_one_is_not_asked_when_the_time_is_up(song: Path, play: Play) -> None:
    play(hang, Played())
    with pytest.raises(TimedOutError, match=r"took longer than 0\.5 s"):
        heard(song, QUICK)


def test_nor_waited_for(song: Path, play: Play) -> None:
    play(refuse, hang)
    with pytest.raises(TimedOutError, match=r"took longer than 0\.5 s"):
        heard(song, QUICK)


@pytest.mark.parametrize("first", [refuse, eat, Played((), None), Played(fault=RuntimeError("gave up"))])
def test_what_the_first_cannot_is_for_the_second(first: Any, song: Path, play: Play) -> None:
    play(first, Played((SECOND, SECOND)))
    assert heard(song) == (SECOND, 2 * SECOND)


class TestCrashes:
    def test_they_cost_the_decoder(self, song: Path, play: Play) -> None:
        play(crash, Played((SECOND, SECOND)))
        assert heard(song) == (SECOND, 2 * SECOND)

    def test_essentia_comes_after_them(self, song: Path, play: Play) -> None:
        play(refuse, crash, Played((3 * SECOND,)))
        assert heard(song) == (SECOND, 3 * SECOND)

    def test_and_never_else(self, song: Path, play: Play) -> None:
        play(refuse, refuse, Played())
        with pytest.raises(DecodeError, match="refused"):
            heard(song)

    def test_one_of_all_is_told(self, song: Path, play: Play) -> None:
        play(crash, crash, crash)
        with pytest.raises(CrashedError, match="SIGSEGV"):
            heard(song)
        play(crash, refuse)
        with pytest.raises(CrashedError, match="SIGSEGV"):
            heard(song)

    def test_a_header_that_kills_its_reader_says_nothing(self, song: Path, play: Play) -> None:
        play(refuse, Played(), header=crash)
        assert heard(song) == (SECOND, SECOND)
        play(refuse, Played(), header=hang)
        with pytest.raises(TimedOutError):
            heard(song, QUICK)

    def test_nor_does_what_is_looked_at_first(self, song: Path, play: Play) -> None:
        class Fragile(Recorder):
            def look(self, _tell: object) -> None:
                crash("")

        play(Played(), refuse)
        assert decode.listen(os.fsencode(song), UNHURRIED, Fragile()) == {"rate": SECOND}


class TestOneThatBreaksOff:
    def test_is_believed_if_the_other_has_no_more(
        self, song: Path, play: Play, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        play(Played(whole=False), Played((9 * SECOND,)))
        monkeypatch.setattr(hearing, "_seconds_by_pyav", lambda _filename: 1.04)
        assert heard(song) == (SECOND, SECOND)

    def test_is_not_if_it_has(self, song: Path, play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
        play(Played(whole=False), Played((9 * SECOND,)))
        monkeypatch.setattr(hearing, "_seconds_by_pyav", lambda _filename: 9.0)
        assert heard(song) == (SECOND, 9 * SECOND)

    @pytest.mark.parametrize("counter", [crash, refuse])
    def test_is_if_the_other_cannot_count(
        self, counter: Any, song: Path, play: Play, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        play(Played(whole=False), Played((9 * SECOND,)))
        monkeypatch.setattr(pyav_decoder, "seconds_by_pyav", counter)
        assert heard(song) == (SECOND, SECOND)


class TestNothingAtAll:
    def test_a_file_in_which_all_find_nothing_is_an_empty_one(self, song: Path, play: Play) -> None:
        play(Played(()), Played(()))
        assert heard(song) == (hearing.DEFAULT_RATE, 0)

    def test_unless_its_header_promised_something(self, song: Path, play: Play) -> None:
        play(Played((), seconds=60.0), Played(()))
        with pytest.raises(DecodeError, match="no audio in it that can be decoded"):
            heard(song)


def test_the_reason_is_that_of_the_one_that_came_furthest(song: Path, play: Play) -> None:
    play(Played(fault=RuntimeError("gave up after some")), Played((), RuntimeError("at once")))
    with pytest.raises(DecodeError, match="gave up after some"):
        heard(song)
    play(Played((), RuntimeError("libsndfile's")), Played((), RuntimeError("PyAV's")))
    with pytest.raises(DecodeError, match="PyAV's"):
        heard(song)
    play(eat, eat)
    with pytest.raises(TooMuchMemoryError):
        heard(song)


def test_a_rate_that_changes_on_the_way_is_heard_anew(song: Path, play: Play) -> None:
    play(Played((SECOND, SECOND), rate=22_050), refuse)
    recorder = Recorder()
    assert decode.listen(os.fsencode(song), UNHURRIED, recorder) == {"rate": SECOND}
    assert sum(map(len, recorder.blocks)) == 2 * SECOND
    assert recorder.begun == 2


@pytest.mark.parametrize("rate", [1_000, 20_000_000])
def test_no_decoder_delivers_such_rates(rate: float, song: Path, play: Play) -> None:
    play(Played(rate=rate), refuse)
    with pytest.raises(DecodeError, match=f"it states a sample rate of {rate:,} Hz"):
        heard(song)


def test_a_fault_of_the_listener_is_no_decoder_s(song: Path, play: Play) -> None:
    class Mistaken(Recorder):
        def hear(self, _sound: object, _tell: object) -> dict[str, Any]:
            raise ZeroDivisionError("float division by zero")

    play(Played(), Played())
    with pytest.raises(DecodeError, match="ZeroDivisionError: float division by zero") as caught:
        decode.listen(os.fsencode(song), UNHURRIED, Mistaken())
    assert caught.value.kind == "unforeseen"


@pytest.mark.parametrize(
    ("head", "wanted", "first"),
    [
        (b"fLaC", None, LIBSNDFILE), (b"ID3\4", None, LIBSNDFILE), (b"\xff\xfb\x90", None, LIBSNDFILE),
        (b"\xff\xf1\x50", None, PYAV),  # AAC without a container
        (b"OggS", None, PYAV), (b"OggS", 71.0, LIBSNDFILE), (b"", None, PYAV),
        (b"\0\0\0\x20ftyp", 71.0, PYAV),
        (b"OggS", 500.0, PYAV),  # most of it
        (b"OggS\0\2" + bytes(30) + b"OggS\0\2" + bytes(30), 71.0, PYAV),  # a film, perhaps
        (b"OggS\0\2" + bytes(30) + b"OggS\0\0" + bytes(30), 71.0, LIBSNDFILE),
    ],
)  # fmt: skip
def test_which_is_first_is_told_by_how_a_file_begins(head: bytes, wanted: float | None, first: str) -> None:
    order = in_order(head, 10_000_000, wanted)
    assert (order[0], set(order)) == (first, {LIBSNDFILE, PYAV})


@pytest.mark.parametrize("head", [b"OggS and vorbis", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"])
def test_essentia_is_the_last_for_two_formats(head: bytes) -> None:
    assert in_order(head, 1_000, None) == (PYAV, LIBSNDFILE, ESSENTIA)


def test_where_it_crashes_the_reason_is_that_of_the_others(tmp_path: Path, play: Play) -> None:
    song = tmp_path / "song.ogg"
    song.write_text("OggS, vorbis")
    play(refuse, Played((), RuntimeError("damaged")), crash)
    with pytest.raises(DecodeError, match="damaged") as caught:
        heard(song)
    assert not isinstance(caught.value, CrashedError)


def test_a_child_whose_parent_has_gone_meanwhile_ends_at_once() -> None:
    pid = os.fork()
    if pid == 0:
        child._end_with(-1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1
