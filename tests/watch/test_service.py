"""What a service manager hears, and when."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from audiotag.errors import UsageError
from audiotag.watch.service import Service
from audiotag.watch.unit import unit_for


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """The socket that a manager listens at."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(tmp_path / "notify"))
        channel.settimeout(5)
        yield channel


def test_it_is_told_what_the_protocol_says(manager: socket.socket) -> None:
    service = Service(
        {"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "1", "WATCHDOG_PID": str(os.getpid())}
    )
    service.ready()
    service.status("listening")
    service.alive()
    service.stopping()
    assert [manager.recv(100) for _ in range(4)] == [
        b"READY=1", b"STATUS=listening", b"WATCHDOG=1", b"STOPPING=1",
    ]  # fmt: skip


def test_the_watchdog_is_told_no_more_often_than_it_asks(manager: socket.socket) -> None:
    service = Service({"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": str(3_600_000_000)})
    for _ in range(100):
        service.alive()
    service.stopping()
    told = [manager.recv(100)]
    while told[-1] != b"STOPPING=1":
        told.append(manager.recv(100))
    assert told.count(b"WATCHDOG=1") <= 1


def test_a_watchdog_of_another_process_is_not_ours(manager: socket.socket) -> None:
    service = Service({"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "1", "WATCHDOG_PID": "1"})
    service.alive()
    service.ready()
    assert manager.recv(100) == b"READY=1"


def test_without_a_manager_nothing_happens() -> None:
    for environment in ({}, {"NOTIFY_SOCKET": "/nowhere/notify"}, {"WATCHDOG_USEC": "1"}):
        service = Service(environment)
        service.ready()
        service.alive()


class TestUnit:
    @pytest.mark.parametrize(("timeout", "watchdog"), [(600.0, "900s"), (3_600.0, "5400s")])
    def test_no_file_may_take_longer_than_the_watchdog_waits(self, timeout: float, watchdog: str) -> None:
        assert f"WatchdogSec={watchdog}\n" in unit_for(["watch", "/music"], [], timeout)

    def test_names_are_quoted_as_systemd_reads_them(self) -> None:
        text = unit_for(["watch", "/mu sic/100%", '/a"b$'], [Path("/lib rary")], 600.0)
        assert '"/mu sic/100%%" "/a\\"b$$"' in text
        assert 'ReadWritePaths="/lib rary"' in text

    def test_only_commands_have_variables(self) -> None:
        text = unit_for(["watch", "/A$AP"], [Path("/A$AP")], 600.0)
        assert "watch /A$$AP\n" in text
        assert "ReadWritePaths=/A$AP\n" in text

    @pytest.mark.parametrize("name", ["/mus\nic", "/mus\udcffic"])
    def test_a_name_that_no_unit_can_hold_is_refused(self, name: str) -> None:
        with pytest.raises(UsageError, match="cannot hold this name"):
            unit_for(["watch", name], [], 600.0)

    @pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
    def test_systemd_finds_nothing_wrong_with_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        program = tmp_path / "audiotag"
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        monkeypatch.setattr("sys.argv", [str(program)])
        unit = tmp_path / "audiotag.service"
        unit.write_text(unit_for(["watch", "--tag", "/music"], [Path("/music")], 600.0))
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False
        )
        assert [line for line in done.stderr.splitlines() if "audiotag" in line] == []
