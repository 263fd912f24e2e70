"""Speed and time left: of what came after the first file, and in no more words than there is room for."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from audiotag.cli.pace import Pace


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def test_before_the_first_file_it_is_starting() -> None:
    assert Pace(1_234, 10).words(80) == "0/1,234 files, starting …"
    assert Pace(1, 10).words(80) == "0/1 file, starting …"


def test_the_start_up_counts_for_neither_speed_nor_time_left() -> None:
    clock = Clock()
    pace = Pace(3, 300, clock)
    clock.now += 50
    pace.step(100, 240.0, 0)
    assert pace.words(80) == "1/3 files, 4 min of audio, 0 failed"
    clock.now += 2
    pace.step(100, 480.0, 1)
    assert pace.words(80) == "2/3 files, 8 min of audio, 120× real time, 1 failed, 0:02 left"


def test_with_less_room_it_says_the_same_in_fewer_words() -> None:
    clock = Clock()
    pace = Pace(1_000, 1_000, clock)
    pace.step(1, 200.0, 0)
    clock.now += 10
    pace.step(9, 7_200.0, 0)
    assert pace.words(52) == "2/1,000 files, 2.0 h, 700×, 0 failed, 18:20 left"
    assert pace.words(44) == "2/1,000, 2.0 h, 700×, 0 failed, 18:20 left"
    assert pace.words(10) == "2/1,000, 700×, 0 failed, 18:20 left"


@given(st.integers(1, 99_999), st.floats(0, 1e7), st.integers(0, 999))
def test_a_big_library_s_words_leave_room_for_a_bar_of_20_at_80_columns(
    files: int, seconds: float, failed: int
) -> None:
    clock = Clock()
    pace = Pace(files, files * 10**7, clock)
    pace.step(10**7, seconds / 2, 0)
    clock.now += 60
    pace.step(10**7, seconds, failed)
    assert len(pace.words(52)) <= 52
