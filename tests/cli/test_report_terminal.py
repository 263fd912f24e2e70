"""report on a terminal: the library at a glance, and the tracks that are asked for, a line each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.text import Text

from audiotag.cli.report_summary import show_summary
from audiotag.cli.report_table import show_tracks
from audiotag.library.records import Track, TrackInfo
from audiotag.library.store import Store
from audiotag.reports.selection import Selection
from audiotag.reports.summary import summarise
from tests.helpers.command import environment
from tests.helpers.terminal import on_terminal
from tests.helpers.tracks import failed, track

Shown = Callable[..., list[str]]


def tracks() -> list[Track]:
    wide = TrackInfo("石川さゆり\x1b[2J", "", "津軽海峡・冬景色 🎤 " + "long " * 100)
    return [
        *(track(b"/music/folk %d.mp3" % number, [0.9 - number / 10, 0.0, 0.1]) for number in range(4)),
        track(b"/music/unsure.mp3", [0.4, 0.3, 0.3]),
        track(b"/music/rock.mp3", [0.0, 0.0, 0.7]),
        replace(track("/music/演歌/津軽海峡・冬景色 🎤.mp3".encode(), [0.0, 0.8, 0.0]), info=wide),
        failed(b"/music/" + b"deep/" * 40 + b"broken.mp3", "decode", "no audio in it"),
        failed(b"/music/slow.mp3", "timeout", "took longer than 600 s " + "and longer " * 20),
        failed(b"/music/\xe2\x80\xaeshort\n.mp3", "too-short", "1.2 s of sound"),
        replace(track(b"/music/gone.mp3", [0.6, 0.0, 0.0]), missing=True),
    ]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shown:
    """What a terminal of some width shows of these tracks, line by line."""

    def run(columns: int, *statuses: str, glance: bool = False, genre: str = "") -> list[str]:
        monkeypatch.setenv("COLUMNS", str(columns))
        chosen = Selection(statuses, (genre,) if genre else ())
        some = [each for each in tracks() if chosen.has(each)]
        if glance:
            show_summary(summarise(some))
        else:
            show_tracks(some, statuses)
        return capsys.readouterr().out.splitlines()

    return run


def test_a_real_terminal(tmp_path: Path) -> None:
    """Its width is taken, and colours are shown; of what was chosen, a table."""
    with Store(tmp_path / "library.db", write=True) as store:
        for each in tracks():
            store.put(each)
    code, text = on_terminal(90, "report", environment=environment(tmp_path))
    assert (code, "\x1b[36m█" in text) == (0, True)
    lines = [Text.from_ansi(line).plain for line in text.splitlines()]
    assert max(map(cell_len, lines)) in range(85, 91)
    assert lines[0] == "11 tracks in the library"
    code, text = on_terminal(90, "report", "/music/deep", environment=environment(tmp_path))
    assert Text.from_ansi(text.splitlines()[0]).plain == "1 track in /music/deep"
    code, text = on_terminal(70, "report", "--sort", "confidence", environment=environment(tmp_path))
    lines = [Text.from_ansi(line).plain for line in text.splitlines()]
    assert lines[:2] == [
        "status    genre         conf.    time path",
        "ok        Folk            90%    1:01 /music/folk 0.mp3",
    ]
    assert "\x1b[31mfailed " in text


def test_an_empty_library_says_what_to_do(shown: Shown, capsys: pytest.CaptureFixture[str]) -> None:
    show_summary(summarise([]))
    assert capsys.readouterr().out == "0 tracks in the library\n'audiotag scan FOLDER' listens to one.\n"


class TestAtAGlance:
    @pytest.mark.parametrize("columns", [80, 200])
    def test_a_bar_a_genre_the_most_frequent_first(self, columns: int, shown: Shown) -> None:
        lines = shown(columns, glance=True)
        assert lines[0] == "11 tracks in the library"
        folk, pop, rock = lines[3:6]
        assert folk.split()[:2] == ["Folk", "5"]
        assert folk.split()[3:] == ["1", "0.1", "68%"]
        assert (pop.split()[0], rock.split()[0]) == ("Pop", "Rock")
        assert folk.count("█") == pytest.approx(4 * folk.count("░"), abs=2)
        assert folk.count("█") == pytest.approx(4 * rock.count("█"), abs=2)
        assert folk.count("█") > 0.3 * min(columns, 130)
        assert all(cell_len(line) <= columns for line in lines)

    def test_what_failed_by_kind_and_what_to_do(self, shown: Shown) -> None:
        text = "\n".join(shown(200, glance=True))
        assert (
            "uncertain       1  no genre reaches its threshold: report --status uncertain lists them" in text
        )
        assert "failed          2  report --status failed names them" in text
        assert "  decode (10)   1  no decoder gets sound out of it: play it; if no player can, get" in text
        assert "  timeout (11)  1  took longer than --timeout allows: scan --retry-failed with" in text
        assert "missing         1  gone when last looked for: scan --prune forgets them" in text


class TestTracks:
    @pytest.mark.parametrize("columns", [40, 80, 109, 110, 200])
    @pytest.mark.parametrize("statuses", [(), ("failed",), ("ok",), ("too-short", "failed")])
    def test_no_line_is_wider_than_the_terminal(
        self, columns: int, statuses: tuple[str, ...], shown: Shown
    ) -> None:
        for line in shown(columns, *statuses):
            assert cell_len(line) <= columns
            assert line.isprintable()

    def test_a_line_a_track(self, shown: Shown) -> None:
        assert shown(80, genre="folk")[3:] == [
            "ok        Folk            70%    1:01 /music/folk 2.mp3",
            "ok        Folk            60%    1:01 /music/folk 3.mp3",
            "uncertain Folk            40%    1:01 /music/unsure.mp3",
            "missing   Folk            60%    1:01 /music/gone.mp3",
        ]

    def test_failures_with_their_reasons(self, shown: Shown) -> None:
        lines = shown(80, "failed", "too-short")
        assert lines[0] == "kind       path"
        assert lines[1] == "decode     …" + ("deep/" * 40 + "broken.mp3")[-68:]
        assert lines[2] == "           no audio in it"
        assert lines[3] == "timeout    /music/slow.mp3"
        assert lines[4].endswith("…")
        assert lines[5:] == ["too-short  /music/\\u202eshort\\n.mp3", "           1.2 s of sound"]

    def test_where_there_is_room_the_tags_stand_beside_the_path(self, shown: Shown) -> None:
        _head, line = shown(200, genre="pop")
        assert "石川さゆり\\x1b[2J " in line
        assert "津軽海峡・冬景色 🎤 long long" in line
        assert line.endswith("… /music/演歌/津軽海峡・冬景色 🎤.mp3")

    def test_none(self, capsys: pytest.CaptureFixture[str]) -> None:
        show_tracks([], ())
        assert capsys.readouterr() == ("", "No such tracks.\n")
