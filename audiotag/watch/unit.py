"""A systemd unit for the service, which may write what it has to and nothing else."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

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
# Longer than the longest that a single file may take (--timeout).
WatchdogSec=15min
Restart=on-failure
RestartSec=30
# The end by SIGTERM, with all that was done kept.
SuccessExitStatus=130
Nice=10
IOSchedulingClass=idle

ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths={writable}
PrivateTmp=yes
PrivateNetwork=yes
NoNewPrivileges=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RestrictAddressFamilies=AF_UNIX

[Install]
WantedBy=default.target
"""


def unit_for(arguments: Sequence[str], writable: Sequence[Path]) -> str:
    """The unit's text. arguments: of `audiotag`, of which paths are absolute. writable: folders that the
    service writes into: the library's, and with --tag the music's."""
    return _UNIT.format(
        command=" ".join(map(_quoted, (*_program(), *arguments))),
        writable=" ".join(_quoted(os.fspath(path)) for path in writable),
    )


def _program() -> tuple[str, ...]:
    script = Path(sys.argv[0])
    return (str(script.absolute()),) if script.name == "audiotag" else (sys.executable, "-m", "audiotag")


def _quoted(word: str) -> str:
    """As systemd.syntax(7) reads it: in quotes where need be; % and $ stand for themselves when doubled."""
    plain = word.replace("\\", "\\\\").replace("%", "%%").replace("$", "$$")
    if plain and not any(c.isspace() or c in "\"';" for c in plain):
        return plain
    escaped = plain.replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
