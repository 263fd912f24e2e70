"""What is the matter with a file is said in a user's words, whatever exception said it first."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest

from audiotag.errors import FileFault
from audiotag.tags.change import Change
from audiotag.tags.formats import ape, dsf, vorbis
from audiotag.tags.formats.containers import CONTAINERS
from audiotag.tags.formats.damage import reason_of
from audiotag.tags.formats.read import read_tags, reading
from audiotag.tags.safewrite.rehearsal import rehearse
from tests.tags.cases import ENCODED, HANDMADE, Case
from tests.tags.mutate import mutate

AudioFile = Callable[..., Path]

# What only one who writes programs understands.
JARGON = re.compile(
    r"\bb['\"]|\\x|0x[0-9a-f]|Error\b|Exception|Traceback|Errno|unpack|subsection|substring|codec|\bread b"
    r"|mutagen|struct\b|\bNone\b|\bobject (is|has)\b|invalid literal|out of range|list index|no attribute"
    r"|subscriptable|<[A-Za-z_]|\(\)|__|expected \d|got \d|requires a|buffer|bytes-like|tuple|\{|\[",
)


def mutants(whole: bytes, others: list[bytes]) -> Iterator[bytes]:
    for seed in range(40):
        yield mutate(whole, others, seed)[1]
    for length in (0, 1, 4, 8, 11, 12, 20, 40, 100):
        yield whole[:length]


@pytest.mark.parametrize(("suffix", "codec"), [*ENCODED, *HANDMADE])
def test_damage_of_every_kind_is_told_without_jargon(
    suffix: str, codec: str | None, tmp_path: Path, audio_file: AudioFile
) -> None:
    whole = Case(suffix, codec, "full").make(tmp_path / f"whole{suffix}", audio_file).read_bytes()
    other = Case(".m4a", None, "full").make(tmp_path / "other.m4a", audio_file).read_bytes()
    song = tmp_path / f"song{suffix}"
    said = set()
    for data in mutants(whole, [whole, other]):
        song.write_bytes(data)
        said |= {said_of(read_tags, song), said_of(lambda path: rehearse(path, Change(("Rock",))), song)}
    said.discard("")
    for message in said:
        reason = message.removeprefix(f"{song}: ")
        assert not JARGON.search(reason), reason
        assert reason == reason.strip()


def said_of(attempt: Callable[[Path], object], song: Path) -> str:
    try:
        attempt(song)
    except FileFault as fault:
        return str(fault)
    return ""


def raised(what: Callable[[], object]) -> BaseException:
    with pytest.raises(BaseException) as caught:  # noqa: PT011
        what()
    return caught.value


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        (lambda: struct.unpack(">I", b""), "its structure is cut short or damaged"),
        (lambda: b"".index(b"x"), "its structure is damaged"),
        (lambda: dict[str, int]()["x"], "its structure is damaged"),
        (lambda: b"\xff".decode("utf-8"), "a text in its structure is not in the encoding that it states"),
        (lambda: (1 << 70).to_bytes(4, "big"), "its structure states lengths that no file can have"),
        (lambda: open("/nonexistent/file"), "No such file or directory"),  # noqa: SIM115
    ],
)
def test_an_interpreters_faults(what: Callable[[], object], reason: str) -> None:
    assert reason_of(raised(what)) == reason


def test_the_part_that_is_damaged_is_named(tmp_path: Path, audio_file: AudioFile) -> None:
    whole = audio_file(".m4a").read_bytes()
    song = tmp_path / "song.m4a"
    song.write_bytes(whole[:60])
    assert "MP4" in said_of(read_tags, song)


def test_a_folder_is_told_from_a_damaged_file(tmp_path: Path) -> None:
    assert said_of(read_tags, tmp_path).endswith("not a regular file; only regular files have tags")

    def seek_before_the_start() -> None:
        with reading(tmp_path), (tmp_path / "x").open("wb") as file:
            file.seek(-1)

    with pytest.raises(FileFault, match="structure is damaged"):
        seek_before_the_start()


@pytest.mark.parametrize(
    ("take_apart", "part"),
    [
        (lambda: vorbis.parse(b""), "block of comments"),
        (lambda: ape.parse(b""), "APE tag"),
        (lambda: dsf.read(BytesIO(b"")), "DSF structure"),
        (lambda: next(CONTAINERS["dsf"].other_tags(BytesIO(b""))), "DSF structure"),
    ],
)
def test_the_part_is_named_by_the_module_that_takes_it_apart(
    take_apart: Callable[[], object], part: str
) -> None:
    assert reason_of(raised(take_apart)) == f"its {part} is cut short or damaged"
