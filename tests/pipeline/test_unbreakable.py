"""Whatever is in a folder: the scan ends, accounts for every file and takes no more memory than it may."""

from __future__ import annotations

import os
import random
import time
from contextlib import suppress
from pathlib import Path

import pytest

from audiotag.audio.child import Allowance, DecodeLimits, TimedOutError, TooMuchMemoryError, ask_child
from audiotag.library.walk import find_audio
from audiotag.pipeline.extract import Extracted, ExtractJob, ExtractTask
from audiotag.tags.formats.containers import SUFFIXES
from tests.helpers.audio_files import make_audio, tone
from tests.helpers.big_library import rows, run_scan
from tests.helpers.workers import in_worker

FORMATS = [".mp3", ".flac", ".ogg", ".opus", ".m4a", ".wma", ".wav", ".aiff", ".wv", ".tta"]


def mutated(data: bytes, chance: random.Random) -> bytes:
    """A file as disks, downloads and other programs leave it."""
    damage = chance.choice(("flip", "cut", "zeros", "noise", "insert", "repeat", "header", "size"))
    broken = bytearray(data)
    at = chance.randrange(len(broken))
    length = chance.randrange(1, max(2, len(broken) // 4))
    if damage == "flip":
        for _ in range(chance.randrange(1, 200)):
            broken[chance.randrange(len(broken))] ^= 1 << chance.randrange(8)
    elif damage == "cut":
        del broken[at:]
    elif damage == "zeros":
        broken[at : at + length] = bytes(length)
    elif damage == "noise":
        broken[at : at + length] = chance.randbytes(length)
    elif damage == "insert":
        broken[at:at] = chance.randbytes(length)
    elif damage == "repeat":
        broken[at:at] = broken[at : at + length]
    elif damage == "header":
        for _ in range(chance.randrange(1, 20)):
            broken[chance.randrange(min(256, len(broken)))] = chance.randrange(256)
    else:  # what says how long something is, says the most
        broken[at : at + 4] = b"\xff\xff\xff\xff"
    return bytes(broken)


@pytest.mark.parametrize(
    "files", [20, pytest.param(2_000, marks=[pytest.mark.slow, pytest.mark.timeout(3_600)])]
)
def test_mutated_files_of_every_format(files: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the real decoders: every file is accounted for, and nothing is left behind."""
    whole = {}
    for suffix in FORMATS:
        rate = 48_000 if suffix == ".opus" else 44_100
        whole[suffix] = make_audio(tmp_path / f"whole{suffix}", tone(4.0, rate), rate).read_bytes()
    music, temporary = tmp_path / "music", tmp_path / "tmp"
    music.mkdir()
    temporary.mkdir()
    chance = random.Random(files)
    for number in range(files):
        suffix = FORMATS[number % len(FORMATS)]
        (music / f"{number:04}{suffix}").write_bytes(mutated(whole[suffix], chance))
    before = {path.name: path.read_bytes() for path in music.iterdir()}

    monkeypatch.setenv("TMPDIR", str(temporary))
    mark = f"mutated-{os.getpid()}"
    monkeypatch.setenv("AUDIOTAG_TEST_MARK", mark)
    done = run_scan(music, tmp_path / "l.db", "--real", "--timeout", "30")
    print({name: done[name] for name in ("predicted", "recognised", "too_short", "failed", "kinds")})
    print(f"peak {done['peak_mb']:.0f} MB, of a worker {done['worker_peak_mb']:.0f} MB")

    accounted = done["predicted"] + done["recognised"] + done["too_short"] + done["failed"]
    assert (accounted, done["waiting"]) == (files, 0)
    assert len(rows(tmp_path / "l.db")) == files
    assert done["predicted"] > files // 4
    assert "killed" not in done["kinds"]
    assert "unforeseen" not in done["kinds"]
    assert {path.name: path.read_bytes() for path in music.iterdir()} == before, "files are only read"
    assert os.listdir(temporary) == []
    assert sorted(path.name for path in tmp_path.glob("l.db*")) == ["l.db", "l.db.lock"]
    _wait_until_none(mark)


def _wait_until_none(mark: str) -> None:
    """No process is left that was started with this mark in its environment."""
    end = time.monotonic() + 10
    while left := _marked(mark):
        assert time.monotonic() < end, f"left behind: {left}"
        time.sleep(0.1)


def _marked(mark: str) -> list[int]:
    found = []
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        with suppress(OSError), open(f"/proc/{pid}/environ", "rb") as file:
            if mark.encode() in file.read() and int(pid) != os.getpid():
                found.append(int(pid))
    return found


class TestPoison:
    """What reads a file may crash, hang or take all memory: that costs the file."""

    def test_a_question_that_hangs(self) -> None:
        with pytest.raises(TimedOutError):
            in_worker(_ask, "hang", 0.3)

    def test_a_question_that_takes_all_memory(self) -> None:
        with pytest.raises(TooMuchMemoryError):
            in_worker(_ask, "eat", 20.0)

    def test_tags_that_hang_cost_the_time_of_their_file_only(self, tmp_path: Path) -> None:
        path = make_audio(tmp_path / "a.wav", tone(4.0, 22_050), 22_050)
        started = time.monotonic()
        extracted = in_worker(_extract_with_hanging_tags, path)
        assert isinstance(extracted, Extracted)
        assert extracted.fault is not None
        assert extracted.fault[0] == "timeout"
        assert time.monotonic() - started < 20

    def test_a_worker_s_memory_has_a_ceiling(self) -> None:
        with pytest.raises(MemoryError):
            in_worker(_eat)


def _ask(what: str, seconds: float) -> object:
    def question() -> dict[str, object]:
        if what == "hang":
            time.sleep(60)
        return {"eaten": len(bytearray(3 << 30))}

    return ask_child(question, Allowance.from_now(DecodeLimits(seconds)))


def _eat() -> int:
    return len(bytearray(3 << 30))


def _extract_with_hanging_tags(path: Path) -> Extracted:
    from audiotag.audio.frontend import FMA_ARCHIVE
    from audiotag.tags import known

    (found,) = find_audio([os.fsencode(path)], SUFFIXES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(known, "read_tags", lambda name: time.sleep(60))
        return ExtractTask(FMA_ARCHIVE, DecodeLimits(1.0), None)(ExtractJob(found))


@pytest.mark.parametrize(
    ("minutes", "more"),
    [(4, 10), pytest.param(600, 20, marks=[pytest.mark.slow, pytest.mark.timeout(1_800)])],
)
def test_a_long_file_takes_no_more_memory(minutes: int, more: int, tmp_path: Path) -> None:
    """A song and a mix of many hours, through the real decoder: the same peak in every process."""
    peaks = []
    for name, length in (("song", 3), ("mix", minutes)):
        folder = tmp_path / name
        folder.mkdir()
        _long_wav(folder / "long.wav", length)
        done = run_scan(folder, tmp_path / f"{name}.db", "--real", "--jobs", "1", "--timeout", "1200")
        assert done["seconds"] == pytest.approx(length * 60, abs=1)
        peaks.append((done["peak_mb"], done["worker_peak_mb"]))
        print("{} min: peak {:.0f} MB, worker {:.0f} MB".format(length, *peaks[-1]))
    for song, mix in zip(*peaks, strict=True):
        assert mix < song + more


def _long_wav(path: Path, minutes: int) -> None:
    import wave

    minute = (tone(60.0, 8_000, channels=1)[:, 0] * 9_000).astype("<i2").tobytes()
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8_000, 0, "NONE", "not compressed"))
        for _ in range(minutes):
            file.writeframes(minute)
