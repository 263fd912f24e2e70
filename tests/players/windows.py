"""Players with a window, started where nobody sees it, with a library of their own: Kodi and Strawberry."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.players.player import Player, Seen, has_programs, surroundings, version_of

# Seconds: until it has started, and after which a library that has not grown counts as whole.
_PATIENCE, _QUIET = 60.0, 4.0


class WindowError(Exception):
    """It did not start, or did not take in the music."""


def _by_strawberry(music: Path, own: Path) -> Seen:
    """The genre of a song in its library, one text. Its tables are there after a first start."""
    library = own / ".local/share/strawberry/strawberry/strawberry.db"
    own.mkdir()
    with _running(own, "strawberry"):
        _until(lambda: _rows(library, "SELECT name FROM sqlite_master WHERE name = 'subdirectories'"))
    with closing(sqlite3.connect(library)) as database, database:
        (row,) = database.execute("INSERT INTO directories VALUES (?, 1) RETURNING rowid", (str(music),))
        database.execute("INSERT INTO subdirectories VALUES (?, ?, 0)", (row[0], str(music)))
    with _running(own, "strawberry"):
        songs = _whole(lambda: _rows(library, "SELECT url, genre FROM songs"))
    return {url.rpartition("/")[2]: (genre,) if genre else () for url, genre in songs}


def by_kodi(music: Path, own: Path, separator: str = " / ") -> Seen:
    """The genres of a song in its library, asked for as remote controls do. separator: a setting of Kodi's,
    at first what it is here."""
    settings = own / ".kodi/userdata"
    settings.mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (settings / "advancedsettings.xml").write_text(
        f"<advancedsettings><jsonrpc><tcpport>{port}</tcpport></jsonrpc>"
        f"<musiclibrary><itemseparator>{separator}</itemseparator></musiclibrary></advancedsettings>"
    )
    (settings / "sources.xml").write_text(
        '<sources><music><default pathversion="1"></default><source><name>music</name>'
        f'<path pathversion="1">{music}/</path></source></music></sources>'
    )
    with (
        _screen() as screen,
        _running(own, "kodi", "--standalone", DISPLAY=screen, LIBGL_ALWAYS_SOFTWARE="1"),
        _until(lambda: _connected(port)) as line,
    ):
        _ask(line, "AudioLibrary.Scan", directory=f"{music}/", showdialogs=False)
        asked = {"properties": ["genre", "file"]}
        songs = _whole(lambda: _ask(line, "AudioLibrary.GetSongs", **asked).get("songs", []))
    return {os.path.basename(song["file"]): tuple(song["genre"]) for song in songs}


def _ask(line: socket.socket, method: str, **params: object) -> Any:
    """The result of a call; news in between are passed over. Raises WindowError for a refusal."""
    call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    line.sendall(json.dumps(call).encode())
    text, decoder = "", json.JSONDecoder()
    while True:
        data = line.recv(1 << 16)
        if not data:
            raise WindowError(f"Kodi hung up at {method}")
        text += data.decode()
        with suppress(json.JSONDecodeError):
            while text:
                answer, end = decoder.raw_decode(text)
                text = text[end:].lstrip()
                if answer.get("id") == 1:
                    if "error" in answer:
                        raise WindowError(f"{method}: {answer['error']}")
                    return answer["result"]


def _connected(port: int) -> socket.socket | None:
    with suppress(ConnectionRefusedError):
        return socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE)
    return None


def _rows(library: Path, query: str) -> list[Any]:
    """What it has by now; nothing while it is still making its tables, or writes."""
    if not library.exists():
        return []
    with (
        suppress(sqlite3.OperationalError),
        closing(sqlite3.connect(f"file:{library}?mode=ro", uri=True)) as database,
    ):
        return database.execute(query).fetchall()
    return []


@contextmanager
def _running(own: Path, *command: str, **variables: str) -> Iterator[None]:
    """A player and all that it starts."""
    with (own / "said").open("a") as said:
        child = subprocess.Popen(
            command,
            env=surroundings(own) | variables,
            stdout=said,
            stderr=said,
            cwd=own,
            start_new_session=True,
        )
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


@contextmanager
def _screen() -> Iterator[str]:
    """A screen that nobody sees; yields its name."""
    ours, its = os.pipe()
    command = ["Xvfb", "-displayfd", str(its), "-screen", "0", "640x480x24", "-nolisten", "tcp"]
    child = subprocess.Popen(command, pass_fds=(its,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(its)
    try:
        with os.fdopen(ours) as line:
            yield f":{line.readline().strip()}"
    finally:
        child.terminate()
        child.wait()


def _until(given: Callable[[], Any]) -> Any:
    """What is given at last. Raises WindowError where nothing is."""
    end = time.monotonic() + _PATIENCE
    while not (something := given()):
        if time.monotonic() > end:
            raise WindowError(f"nothing after {_PATIENCE:.0f} s")
        time.sleep(0.2)
    return something


def _whole(given: Callable[[], list[Any]]) -> list[Any]:
    """A list that was empty and grew, once it grows no more."""
    some = _until(given)
    since = time.monotonic()
    while time.monotonic() - since < _QUIET:
        time.sleep(0.5)
        more = given()
        if len(more) > len(some):
            some, since = more, time.monotonic()
    return some


STRAWBERRY = Player(
    "Strawberry",
    "strawberry",
    has_programs("strawberry"),
    lambda: version_of("strawberry", "--version"),
    _by_strawberry,
    listens=False,
    slow=True,
)
KODI = Player(
    "Kodi",
    "kodi, xvfb",
    has_programs("kodi", "Xvfb"),
    lambda: version_of("kodi", "--version"),
    by_kodi,
    listens=False,
    slow=True,
)
