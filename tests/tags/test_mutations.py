"""Damaged files: no write makes a readable one unreadable or changes how one sounds."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers.audio_files import make_audio, tone
from tests.tags.cases import ENCODED, HANDMADE, Case

AudioFile = Callable[..., Path]


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A short file of every container, with full tags; of MP3s one more with older tags behind it."""
    folder = tmp_path_factory.mktemp("sources")

    def short(suffix: str, codec: str | None = None) -> Path:
        rate = 48_000 if "opus" in (codec or suffix) else 44_100
        return make_audio(folder / f"short-{codec}{suffix}", tone(0.3, rate, channels=1), rate, codec)

    full = [Case(suffix, codec, "full") for suffix, codec in (*ENCODED, *HANDMADE)]
    full += [Case(".mp3", None, "full", 3, tail=True), Case(".wav", None, "full", 3)]
    return [case.make(folder / f"{case.name}{case.suffix}", short) for case in full]


@pytest.mark.parametrize(
    "count", [400, pytest.param(5_000, marks=[pytest.mark.slow, pytest.mark.timeout(3_000)])]
)
def test_no_write_harms_a_damaged_file(count: int, tmp_path: Path, sources: list[Path]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.tags.mutation_driver", str(count), tmp_path, *sources],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    found = json.loads(done.stdout.splitlines()[-1])
    print(f"{count} damaged files: {found['outcomes']}")
    assert found["harm"] == []
    assert sum(found["outcomes"].values()) == count
    assert found["outcomes"]["written"] > count / 10
