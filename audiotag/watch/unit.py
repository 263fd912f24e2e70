"""A systemd unit for the service, which may write what it has to and nothing else."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from audiotag.errors import UsageError
from audiotag.text import printable

_UNIT = """\
# Made by 'audiotag watch --systemd'. As a user's service:
#   audiotag watch --systemd PATH... > ~/.config/systemd/user/audiotag.service
#   systemctl --user daemon-reload && systemctl --user enable --now audiotag
[Unit]
Description=audiotag listens to new music
Documentation=man:audiotag(1)

[Service]
Type=notify
ExecStart={command}
# Longer than the longest that a single file may take (the setting timeout).
WatchdogSec={watchdog}
Restart=on-failure
RestartSec=30
# The end by SIGTERM, with all that was done kept.
SuccessExitStatus=130
Nice=10
IOSchedulingClass=idle

ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths={writable}
# Of ~/.cache: which way of running the network is the fastest here.
CacheDirectory=audiotag
PrivateTmp=yes
PrivateNetwork=yes
NoNewPrivileges=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RestrictAddressFamilies=AF_UNIX

[Install]
WantedBy=default.target
"""

# Seconds without a sign of life after which the manager starts it anew, at least.
_WATCHDOG = 900


def unit_for(arguments: Sequence[str], writable: Sequence[Path], timeout: float) -> str:
    """The unit's text. arguments: of `audiotag`, of which paths are absolute. writable: folders that the
    service writes into: the library's, and with --tag the music's. timeout: seconds that a file may take.
    Raises UsageError for a name that no unit can hold."""
    words = (*_program(), *arguments)
    for word in (*words, *map(os.fspath, writable)):
        if not word.isprintable():  # a unit is UTF-8, and its lines end where lines end
            raise UsageError(f"{printable(word)}: a unit of systemd cannot hold this name; rename it")
    return _UNIT.format(
        # Only commands have variables.
        command=" ".join(_quoted(word).replace("$", "$$") for word in words),
        watchdog=f"{max(_WATCHDOG, round(1.5 * timeout))}s",
        writable=" ".join(_quoted(os.fspath(path)) for path in writable),
    )


def _program() -> tuple[str, ...]:
    script = Path(sys.argv[0])
    return (str(script.absolute()),) if script.name == "audiotag" else (sys.executable, "-m", "audiotag")


def _quoted(word: str) -> str:
    """As systemd.syntax(7) reads it: in quotes where need be; a doubled % stands for itself."""
    plain = word.replace("\\", "\\\\").replace("%", "%%")
    if plain and not any(c.isspace() or c in "\"';" for c in plain):
        return plain
    return '"' + plain.replace('"', '\\"') + '"'
