"""What has been touched: looked at when it has settled, and nothing is looked at that a scan passes over."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiotag.watch.pending import MOST_PLACES, PATIENCE, Pending


@pytest.fixture
def root(tmp_path: Path) -> bytes:
    (tmp_path / "album").mkdir()
    (tmp_path / "album" / "a.mp3").touch()
    return bytes(tmp_path)


def test_a_place_is_due_when_nothing_has_happened_for_a_while(root: bytes) -> None:
    pending = Pending((root,), 10.0)
    assert pending.take(0.0) == []
    pending.touch([root + b"/album/a.mp3"], 5.0)
    pending.touch([root + b"/album/a.mp3"], 9.0)
    assert pending.take(18.9) == []
    assert pending.take(19.0) == [root + b"/album/a.mp3"]
    assert pending.take(99.0) == [], "once"


def test_what_goes_on_for_an_hour_does_not_hold_back_the_rest(root: bytes) -> None:
    pending = Pending((root,), 10.0)
    for second in range(int(PATIENCE)):
        pending.touch([root + b"/album/a.mp3"], float(second))
    assert pending.take(PATIENCE) == [root + b"/album/a.mp3"]


def test_what_went_is_missed_from_the_folder_above(root: bytes) -> None:
    pending = Pending((root,), 0.0)
    pending.touch([root + b"/album/gone.mp3", root + b"/other/deep/song.mp3"], 0.0)
    assert pending.take(0.0) == [root], "nothing of 'other' is left, and all else lies below"
    pending.touch([root + b"/album/gone.mp3"], 0.0)
    assert pending.take(0.0) == [root + b"/album"]


def test_a_root_that_went_is_not_looked_at(root: bytes) -> None:
    pending = Pending((root + b"/disk",), 0.0)
    pending.touch([root + b"/disk/a.mp3", root + b"/disk"], 0.0)
    assert pending.take(0.0) == []


def test_a_root_that_is_a_link_to_what_went_is_not_looked_at(root: bytes, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("gone")
    pending = Pending((root + b"/link",), 0.0)
    pending.touch([root + b"/link/a.mp3"], 0.0)
    assert pending.take(0.0) == []


def test_the_library_s_own_files_are_no_news(root: bytes, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)
    pending = Pending((root + b"/link",), 0.0, library=root + b"/album/my.db")
    endings = (b"", b"-wal", b"-shm", b"-journal", b".lock", b".spool", b".spool/tmp1.windows")
    own = [root + b"/link/album/my.db" + ending for ending in endings]
    pending.touch(own, 0.0)
    assert pending.due() is None
    pending.touch([root + b"/link/my.db-wal"], 0.0)
    assert pending.due() == 0.0, "elsewhere it may have been a folder"


def test_hidden_excluded_and_other_files_are_nobody_s_business(root: bytes, tmp_path: Path) -> None:
    (tmp_path / "album" / "cover.jpg").touch()
    pending = Pending((root,), 0.0, exclude=("Podcasts",))
    names = (b"/album/cover.jpg", b"/.trash/a.mp3", b"/album/.a.mp3.part", b"/Podcasts/a.mp3")
    pending.touch([root + name for name in names] + [b"/elsewhere/a.mp3"], 0.0)
    assert pending.due() is None


def test_ten_thousand_at_once_are_one_look_at_all(root: bytes) -> None:
    pending = Pending((root,), 0.0)
    pending.touch([root + b"/album/%05d.mp3" % number for number in range(MOST_PLACES + 1)], 0.0)
    assert pending.take(0.0) == [root]


@pytest.mark.parametrize("settle", [0.0, 10.0])
def test_whatever_is_touched_is_taken_in_the_end(root: bytes, settle: float) -> None:
    @given(st.lists(st.tuples(st.floats(0, 100), st.sampled_from([b"", b"/album", b"/album/a.mp3"]))))
    def law(touches: list[tuple[float, bytes]]) -> None:
        pending, taken = Pending((root,), settle), []
        for now, place in sorted(touches):
            pending.touch([root + place], now)
            taken += pending.take(now)
        taken += pending.take(1_000.0)
        for _now, place in touches:
            assert any((root + place + b"/").startswith(one + b"/") for one in taken)
        assert pending.due() is None

    law()
