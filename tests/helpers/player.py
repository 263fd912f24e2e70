"""A real Music Player Daemon of one's own, which knows a folder of music and plays to nowhere."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

MPD = shutil.which("mpd")
_PATIENCE = 20.0


class PlayerError(Exception):
    """It did not start, or refused a command."""


@contextmanager
def running_mpd(music: Path, folder: Path) -> Iterator[Path]:
    """Yields the socket of one that has taken in all of `music`; `folder` gets its own files."""
    assert MPD is not None
    folder.mkdir()
    (folder / "playlists").mkdir()
    address = folder / "socket"
    (folder / "mpd.conf").write_text(
        f'music_directory "{music}"\nplaylist_directory "{folder}/playlists"\ndb_file "{folder}/db"\n'
        f'log_file "{folder}/log"\nbind_to_address "{address}"\nauto_update "no"\n'
        'audio_output {\n  type "null"\n  name "nowhere"\n}\n'
    )
    with (folder / "said").open("w") as said:
        child = subprocess.Popen([MPD, "--no-daemon", folder / "mpd.conf"], stdout=said, stderr=said)
    try:
        _until(address.exists, folder)
        ask(address, "update")
        _until(lambda: not any(line.startswith("updating_db") for line in ask(address, "status")), folder)
        yield address
    finally:
        child.terminate()
        child.wait()


def ask(address: Path, command: str) -> list[str]:
    """The lines of its answer. Raises PlayerError for a refusal."""
    with closing(socket.socket(socket.AF_UNIX)) as line:
        line.connect(str(address))
        with line.makefile("rwb") as file:
            file.readline()  # its greeting
            file.write(command.encode("utf-8", "surrogateescape") + b"\n")
            file.flush()
            answer = []
            while (text := file.readline().decode("utf-8", "surrogateescape").rstrip("\n")) != "OK":
                if text.startswith("ACK") or not text:
                    raise PlayerError(text)
                answer.append(text)
    return answer


def quoted(text: str) -> str:
    """A word of a command."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _until(is_so: object, folder: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while not is_so():  # type: ignore[operator]
        if time.monotonic() > end:
            raise PlayerError((folder / "said").read_text() + (folder / "log").read_text())
        time.sleep(0.05)
