"""tag as a user runs it."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

from audiotag.library.store import Store
from audiotag.tags.formats.read import read_tags
from tests.cli.tagging.running import Run
from tests.helpers.command import environment
from tests.helpers.terminal import on_terminal
from tests.helpers.tracks import failed, track
from tests.tags.failures import COPY, crash


class TestTag:
    def test_the_plan_for_machines(self, audiotag: Run, music: Path, tmp_path: Path) -> None:
        (music / "bad.mp3").write_text("no audio")
        with Store(tmp_path / "library.db", write=True) as store:
            store.put(track(os.fsencode(music / "bad.mp3"), [1.0, 0.0, 0.0]))
            store.put(failed(os.fsencode(music / "b.flac")))
        plain = audiotag("tag", "--json")
        a, b, bad = (json.loads(line) for line in plain.stdout.splitlines())
        assert a == {
            "path": f"{music}/a.mp3", "action": "write", "old": [], "new": ["Rock"], "confidence": 0.9,
            "reason": "fill", "written": False, "error": None,
        }  # fmt: skip
        assert (b["action"], b["reason"], b["confidence"]) == ("keep", "no prediction", None)
        assert (bad["action"], bad["new"], "bad.mp3" in bad["error"]) == ("failed", [], True)
        assert plain.returncode == 3
        quiet = audiotag("tag", "--json", "-q", "--write", music / "a.mp3")
        assert (json.loads(quiet.stdout)["written"], quiet.stderr) == (True, "")

    def test_a_file_that_would_not_change_is_not_touched(self, audiotag: Run, music: Path) -> None:
        audiotag("tag", "--write")

        def states() -> list[tuple[int, int]]:
            return [(path.stat().st_ino, path.stat().st_ctime_ns) for path in sorted(music.iterdir())]

        before = states()
        assert audiotag("tag", "--write").returncode == 0
        assert states() == before

    def test_versions_provenance_and_times(self, audiotag: Run, music: Path) -> None:
        os.utime(music / "a.mp3", ns=(10**18, 10**18))
        os.utime(music / "b.flac", ns=(10**18, 10**18))
        done = audiotag("tag", "--write", "--id3-version", "2.3", "--provenance", "-v")
        assert "changed since it was scanned" in done.stdout, "these are not the files that were scanned"
        with Store(music.parent / "library.db", write=True) as store:
            for track in list(store.tracks()):
                info = os.stat(track.path)
                store.put(replace(track, size=info.st_size, mtime_ns=info.st_mtime_ns))
        options = ("--id3-version", "2.3", "--provenance", "--keep-mtime", "--policy", "append")
        assert audiotag("tag", "--write", *options).returncode == 0
        tags = [read_tags(music / name) for name in ("a.mp3", "b.flac")]
        assert [(one.genres, one.id3_version) for one in tags] == [(("Rock",), 3), (("Folk", "Rock"), None)]
        for one in tags:
            assert one.texts["AUDIOTAG_MODEL"] == ("made-up-1",)
            assert one.texts["AUDIOTAG_PROBABILITIES"] == ("Rock 0.9000; Folk 0.1000; Pop 0.0000",)
        assert {path.stat().st_mtime_ns for path in music.iterdir()} == {10**18}

    def test_provenance_alone_is_shown_as_such(self, audiotag: Run, music: Path) -> None:
        audiotag("tag", "--write")
        done = audiotag("tag", "--provenance", music / "a.mp3")
        assert done.stdout == f"{music}/a.mp3: Rock   provenance added\n"

    def test_a_plan_is_as_honest_as_the_write(self, audiotag: Run, music: Path) -> None:
        os.link(music / "a.mp3", music / "other.mp3")
        plain, machine = audiotag("tag"), audiotag("tag", "--json", music / "a.mp3")
        assert (plain.returncode, plain.stdout) == (3, "")
        assert plain.stderr.splitlines() == [
            f"cannot be written: {music}/a.mp3: it has 2 hard links; --break-hardlinks writes it alone",
            "0 of 2 files would be written, 1 had a genre already, 1 cannot be written.",
        ]
        (a,) = map(json.loads, machine.stdout.splitlines())
        assert (a["action"], a["new"], a["written"], "2 hard links" in a["error"]) == (
            "failed",
            [],
            False,
            True,
        )
        done = audiotag("tag", "--write")
        assert (done.returncode, "0 of 2 files written" in done.stderr, "1 failed" in done.stderr) == (
            3, True, True,
        )  # fmt: skip

    def test_a_file_that_failed_in_the_scan_has_its_genre_and_the_reason(
        self, audiotag: Run, music: Path, tmp_path: Path
    ) -> None:
        with Store(tmp_path / "library.db", write=True) as store:
            store.put(failed(os.fsencode(music / "b.flac"), reason="no audio stream in it"))
        done = audiotag("tag", "-v", music / "b.flac")
        assert done.stdout == f"{music}/b.flac: Folk   kept: no prediction (no audio stream in it)\n"
        assert "1 without a prediction" in done.stderr

    def test_the_hint_is_the_command_that_was_given(self, audiotag: Run, music: Path) -> None:
        done = audiotag("tag", "--min-confidence", "0.2", "--policy=append", music / "a.mp3")
        assert done.stderr.splitlines()[-1] == (
            "Nothing has been changed. To write: "
            f"audiotag tag --write-id3 --min-confidence 0.2 --policy=append {music}/a.mp3"
        )

    def test_a_terminal_has_colours_unless_nobody_wants_them(
        self, audiotag: Run, music: Path, tmp_path: Path
    ) -> None:
        variables = environment(tmp_path)
        _code, shown = on_terminal(80, "tag", environment=variables)
        assert "\x1b[32mRock\x1b[0m" in shown
        _code, shown = on_terminal(80, "tag", environment=variables, no_color=True)
        assert "\x1b[32m" not in shown
        assert "\x1b" not in audiotag("tag").stdout

    def test_a_senseless_version_is_wrong_usage(self, audiotag: Run, music: Path) -> None:
        done = audiotag("tag", "--id3-version", "1")
        assert (done.returncode, "--id3-version must be one of keep, 2.3, 2.4" in done.stderr) == (2, True)

    def test_a_start_after_a_crash_says_what_it_found(
        self, audiotag: Run, music: Path, tmp_path: Path
    ) -> None:
        with Store(tmp_path / "library.db", write=True) as store:
            crash(store, music / "b.flac", before_the_replace=True)
        assert (music / COPY).exists()
        done = audiotag("tag", "--write")
        assert done.stderr.startswith(
            "An earlier run was killed: of its open writes 0 had happened and 1 had not; "
            "1 temporary file removed.\n"
        )
        assert sorted(os.listdir(music)) == ["a.mp3", "b.flac"]

    def test_the_help_is_enough(self, audiotag: Run) -> None:
        text = audiotag("tag", "--help").stdout
        for words in ("--write-id3", "--policy fill|append|replace", "audiotag undo", "Exit codes", "= []"):
            assert words in text
        assert max(map(len, text.splitlines())) <= 100
