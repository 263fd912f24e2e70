"""What a service manager is told (sd_notify's protocol: a datagram to the socket that $NOTIFY_SOCKET
names)."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress


class Service:
    """Where there is no manager, nothing happens. Source of the protocol: sd_notify(3),
    sd_watchdog_enabled(3)."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        environment = os.environ if environment is None else environment
        self._address = environment.get("NOTIFY_SOCKET", "")
        pid = environment.get("WATCHDOG_PID", "")
        mine = not pid or pid == str(os.getpid())
        seconds = int(environment.get("WATCHDOG_USEC", "0") or 0) / 1e6 if mine else 0.0
        self._every = seconds / 2  # as the manual recommends
        self._last = 0.0

    def ready(self) -> None:
        """Everything is in place."""
        self._tell("READY=1")

    def stopping(self) -> None:
        """The end has begun."""
        self._tell("STOPPING=1")

    def status(self, line: str) -> None:
        """What is being done, for `systemctl status`."""
        self._tell(f"STATUS={line}")

    def alive(self) -> None:
        """To be called whenever something has got on; tells the watchdog as often as it wants to hear it."""
        now = time.monotonic()
        if self._every and now - self._last >= self._every:
            self._last = now
            self._tell("WATCHDOG=1")

    def _tell(self, message: str) -> None:
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        # A manager that does not listen is no reason to stop.
        with (
            suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel,
        ):
            channel.sendto(message.encode(), address)
