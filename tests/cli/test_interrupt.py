"""A scan that is interrupted or killed: what was done is kept, nothing is left running."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from audiotag.library.store import Store
from tests.helpers.audio_files import make_audio, tone
from tests.helpers.command import Run, environment
from tests.helpers.models import MadeModel


def session_members(session: int) -> list[int]:
    """Processes that are alive in a session."""
    members = []
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        with suppress(OSError), open(f"/proc/{pid}/stat") as file:
            state, _, _, its_session = file.read().rsplit(")", 1)[1].split()[:4]
            if int(its_session) == session and state != "Z":
                members.append(int(pid))
    return members


@pytest.mark.parametrize(
    "signum",
    [signal.SIGINT, *(pytest.param(one, marks=pytest.mark.slow) for one in (signal.SIGTERM, signal.SIGKILL))],
)
def test_an_interrupted_scan_keeps_what_it_has_and_goes_on(
    signum: signal.Signals, tmp_path: Path, made_model: MadeModel, audiotag: Run, music: Path
) -> None:
    for i in range(20):
        make_audio(music / f"more{i:02}.mp3", tone(4.0, 44_100, seed=2 + i), 44_100)
    process = subprocess.Popen(
        [sys.executable, "-m", "audiotag", "scan", "-v", str(music)],
        env=environment(tmp_path, made_model),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    for _ in range(4):  # the opening line and three songs
        process.stderr.readline()
    process.send_signal(signum)
    asked = time.monotonic()
    process.wait(timeout=20)
    if signum != signal.SIGKILL:
        assert process.returncode == 130
        assert time.monotonic() - asked < 2.5  # two, and what starting and ending Python takes
        *_, last = process.stderr.read().splitlines()
        assert re.fullmatch(
            r"audiotag: interrupted; (\d+) of 22 files done \(\1 decoded, 0 recognised\), all kept: "
            "the next scan goes on",
            last,
        )
    while session_members(process.pid):
        assert time.monotonic() - asked < 15, "workers outlived the scan"
        time.sleep(0.1)
    with Store(tmp_path / "library.db", write=False) as store:
        kept = len(list(store.paths()))
    assert kept >= 3
    done = audiotag("scan", music)
    assert done.returncode == 0, done.stderr
    assert f"{22 - kept} tracks predicted" in done.stderr


def test_before_the_command_has_begun() -> None:
    """While its modules are imported: one line here as well."""
    code = (
        "import audiotag.cli as cli\n"
        "def interrupted(*_, **__): raise KeyboardInterrupt\n"
        "cli.app_of = interrupted\n"
        "cli.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "audiotag: interrupted\n")
