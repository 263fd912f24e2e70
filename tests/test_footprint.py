"""A scan leaves nothing behind but the library, and asks nobody: no file elsewhere, no packet sent."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.audio_files import make_audio, tone
from tests.helpers.models import MadeModel

# Run first in the network namespace. The loopback device comes up, since without it IPv6 fails before
# anything is counted; then the command runs, and what the system has counted meanwhile comes last: all
# that was sent, or would have been sent with a network.
WATCH = """
import fcntl, re, socket, struct, subprocess, sys
from pathlib import Path

COUNTERS = [("Ip", "OutRequests"), ("Ip", "OutNoRoutes"), ("Tcp", "ActiveOpens"), ("Udp", "OutDatagrams")]
COUNTERS6 = ["Ip6OutRequests", "Ip6OutNoRoutes", "Udp6OutDatagrams"]

def sent():
    total = 0
    text = Path("/proc/net/snmp").read_text()
    for protocol, counter in COUNTERS:
        names, values = (line.split() for line in re.findall(rf"^{protocol}: .*$", text, re.M))
        total += int(values[names.index(counter)])
    six = Path("/proc/net/snmp6")
    for line in six.read_text().splitlines() if six.exists() else []:
        name, value = line.split()
        total += int(value) if name in COUNTERS6 else 0
    return total

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as anything:
    fcntl.ioctl(anything, 0x8914, struct.pack("16sh14x", b"lo", 0x49))  # SIOCSIFFLAGS: up
before = sent()
code = subprocess.run(sys.argv[1:], stdout=sys.stderr).returncode
print(sent() - before)
sys.exit(code)
"""


def in_an_empty_network(command: list[str], environment: dict[str, str]) -> tuple[str, int]:
    """Run a command in a network namespace of its own, without any network.

    Returns what it said, and how many packets it, or a process of its, has tried to send.
    """
    for unshare in (["unshare", "-n"], ["unshare", "-rn"]):
        if shutil.which("unshare") and not subprocess.run([*unshare, "true"], capture_output=True).returncode:
            break
    else:
        pytest.skip("this system gives us no network namespace of our own")
    done = subprocess.run(
        [*unshare, sys.executable, "-c", WATCH, *command],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stderr, int(done.stdout)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A home with nothing in it."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "AUDIO"))}
    for name in ("ORT_DISABLE_TELEMETRY", "KERAS_HOME", "MPLCONFIGDIR"):
        variables.pop(name, None)
    for name in ("home", "tmp"):
        (tmp_path / name).mkdir()
    return variables | {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "tmp")}


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6"])
def test_a_packet_would_be_seen(family: str, environment: dict[str, str]) -> None:
    address = "192.0.2.1" if family == "AF_INET" else "2001:db8::1"
    code = f"import socket; socket.socket(socket.{family}, socket.SOCK_DGRAM).connect_ex(('{address}', 9))"
    if family == "AF_INET6" and not Path("/proc/net/if_inet6").exists():
        pytest.skip("this system has no IPv6")
    said, sent = in_an_empty_network([sys.executable, "-c", code], environment)
    assert (said, sent > 0) == ("", True)


@pytest.mark.parametrize(
    "engine", ["onnx", pytest.param("tensorflow", marks=pytest.mark.slow), pytest.param("doctor")]
)
def test_a_scan(engine: str, environment: dict[str, str], tmp_path: Path, made_model: MadeModel) -> None:
    (tmp_path / "music").mkdir()
    make_audio(tmp_path / "music/a.flac", tone(4.0, 22_050, seed=1), 22_050)
    command = [sys.executable, "-m", "audiotag"]
    scan = ["scan", "--engine", engine, "--model", str(made_model.card_file), str(tmp_path / "music")]
    command += ["doctor", "-q"] if engine == "doctor" else scan
    said, sent = in_an_empty_network(command, environment)
    assert sent == 0
    assert engine == "doctor" or "1 track predicted" in said
    made = [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()]
    ours = ("home/.local/share/audiotag/", "home/.cache/audiotag/")
    assert [str(path) for path in made if not str(path).startswith(ours)] == ["music/a.flac"]
