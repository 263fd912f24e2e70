"""The killer itself: it kills where it says, and no call that changes a file is passed over."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CHECK = """
import os, sys
from tests.tags.stepping import run_killed, why_not
folder = sys.argv[1]
if why_not(): print("skip", why_not()); sys.exit()

def work():
    name = os.path.join(folder, "a")
    with open(name, "wb") as file:       # 1 open
        file.write(b"x")                 # 2 write
        file.flush()
        os.fsync(file.fileno())          # 3 fsync
        os.fchmod(file.fileno(), 0o600)  # 4 fchmod
        file.truncate(0)                 # 5 ftruncate
    os.rename(name, name + "b")          # 6 rename
    os.unlink(name + "b")                # 7 unlink
    open(__file__ if "__file__" in globals() else "/dev/null").close()

def state():
    return sorted((name, os.path.getsize(os.path.join(folder, name))) for name in os.listdir(folder))

states = []
for at in range(1, 9):
    for name in os.listdir(folder): os.unlink(os.path.join(folder, name))
    survived, steps = run_killed(work, at)
    states.append(state())
    assert survived == (at == 8), (at, steps)
assert steps == 7, steps
assert states == [[], [("a", 0)], [("a", 1)], [("a", 1)], [("a", 1)], [("a", 0)], [("ab", 0)], []], states
print("done")
"""


def test_each_step_is_one_call(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHECK, tmp_path],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    if done.stdout.startswith("skip"):
        pytest.skip(done.stdout)
    assert done.stdout == "done\n"
