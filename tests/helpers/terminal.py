"""A command as it is run on a terminal, of a given width."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping


def on_terminal(
    columns: int,
    *arguments: str | bytes | os.PathLike[str],
    environment: Mapping[str, str],
    typed: bytes = b"",
    after: bytes = b"",
    no_color: bool = False,
) -> tuple[int, str]:
    """Run `audiotag` on one: its exit code, and all that it showed. typed: what its user types, as soon as
    `after` is shown; Ctrl-C interrupts it."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    variables = {name: value for name, value in environment.items() if name not in ("COLUMNS", "NO_COLOR")}
    if no_color:
        variables["NO_COLOR"] = "1"
    child = subprocess.Popen(
        [sys.executable, "-m", "audiotag", *arguments],
        stdin=theirs, stdout=theirs, stderr=theirs, env=variables | {"TERM": "xterm-256color"},
        start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )  # fmt: skip
    os.close(theirs)
    shown, is_typed = bytearray(), not after
    if is_typed:
        os.write(ours, typed)
    try:
        while block := os.read(ours, 1 << 16):
            shown += block
            if not is_typed and after in shown:
                is_typed = True
                os.write(ours, typed)
    except OSError:  # the other side has ended
        pass
    os.close(ours)
    return child.wait(), shown.decode().replace("\r\n", "\n")
