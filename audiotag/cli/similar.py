"""audiotag similar"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from audiotag.cli.options import Config, Db, EngineName, Judge, Quiet, Verbose, command, to_bytes
from audiotag.cli.output import Messages, plural, show_object
from audiotag.errors import AudiotagError, UsageError

if TYPE_CHECKING:
    from audiotag.config.settings import Settings
    from audiotag.discovery.seeds import Hear
    from audiotag.discovery.similar import Alike, Wish
    from audiotag.library.embeddings import Space
    from audiotag.library.records import Track
    from audiotag.library.store import Store
    from audiotag.model.learnt import LearntModel


@command
def similar(
    tracks: Annotated[
        list[Path],
        typer.Argument(
            metavar="TRACK...",
            readable=False,
            help="What it is to sound like: files, folders; several are one.",
        ),
    ],
    number: Annotated[
        int,
        typer.Option(
            "-n", "--number", metavar="N", min=1, help="So many tracks. [default: 10]", show_default=False
        ),
    ] = 10,
    same_genre: Annotated[
        bool, typer.Option("--same-genre", help="Only tracks of the same first genre.")
    ] = False,
    not_same_artist: Annotated[
        bool, typer.Option("--not-same-artist", help="None by the same artist.")
    ] = False,
    not_same_album: Annotated[
        bool, typer.Option("--not-same-album", help="None from an album of the same title.")
    ] = False,
    path: Annotated[
        bool, typer.Option("--path", help="Of two tracks: a playlist from one to the other in even steps.")
    ] = False,
    m3u: Annotated[
        Path | None,
        typer.Option("--m3u", metavar="FILE", help="Write the answer as a playlist (.m3u8); '-' is stdout."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a track on stdout.")] = False,
    model: Judge = None,
    engine: EngineName = None,
    db: Db = None,
    config: Config = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Find the tracks of the library that sound most like some others.

    A file that the library does not know is listened to first; nothing is stored.
    With --path TRACK TRACK the answer begins with the one and ends with the other.

    Exit codes: 0 done, 1 nothing to compare (one line says why), 2 wrong usage.
    """
    from audiotag.cli.targets import check_room_for, check_targets
    from audiotag.config.sources import load_settings
    from audiotag.discovery.similar import Wish
    from audiotag.library.store import Store

    voice = Messages(quiet, verbose)
    settings = load_settings({"db": db, "model": model, "engine": engine}, config)
    wish = Wish(number, same_genre, not_same_artist, not_same_album)
    asked = [os.path.abspath(to_bytes(track)) for track in tracks]
    _check(asked, wish, path)
    check_targets(m3u, Path("-") if json else None)
    check_room_for(m3u)
    with Store(settings.db, write=False) as store:
        space = _space(store)
        wish = replace(wish, learnt=_learnt(settings.model, space, voice))
        hear = _ears(store, space, settings, voice)
        answer = (_way if path else _alike)(store, space, asked, wish, hear)
    if len(answer) < number:
        voice.say(f"Only {plural(len(answer), 'track')}: the library has no more that can be compared.")
    if m3u is not None:
        _write_playlist(m3u, answer, voice)
    if json or m3u is None:
        _show(answer, json)


def _check(asked: Sequence[bytes], wish: Wish, path: bool) -> None:
    """Raises UsageError."""
    from audiotag.discovery.between import MOST_BETWEEN
    from audiotag.discovery.similar import MOST

    if path and len(asked) != 2:
        raise UsageError(f"--path leads from one track to another: name two, not {len(asked)}")
    if path and not 2 <= wish.count <= MOST_BETWEEN:
        raise UsageError(f"-n {wish.count}: with --path from 2 to {MOST_BETWEEN}")
    if wish.count > MOST:
        raise UsageError(f"-n {wish.count}: at most {MOST:,}")


def _space(store: Store) -> Space:
    from audiotag.library.embeddings import latest_space

    space = latest_space(store)
    if space is None:
        raise AudiotagError(f"{store.path}: nothing to compare in it yet; run 'audiotag scan FOLDER' first")
    return space


def _learnt(name: str, space: Space, voice: Messages) -> LearntModel | None:
    """In whose genres the answer is, None for the network's. A model that was learnt on another network than
    heard the library cannot say: a line says so, and what sounds alike is found all the same."""
    from audiotag.model.learnt_file import learn_again, load_named

    learnt = load_named(name)
    if learnt is None or learnt.embedding.identity == space.model.identity:
        return learnt
    voice.wrong(learn_again(learnt, space.model.identity))
    return None


def _ears(store: Store, space: Space, settings: Settings, voice: Messages) -> Hear:
    """What hears files that the library does not know; and a word where a scan has something to do."""
    from audiotag.cli.heard import say_who_heard
    from audiotag.model.learnt_file import open_model

    card = open_model(settings.model).card
    say_who_heard(space.model.identity, card, voice)

    def hear(paths: Sequence[bytes]) -> list[Track]:
        from audiotag.audio.child import DecodeLimits
        from audiotag.discovery.hear import Ears
        from audiotag.pipeline.predict import PredictOptions

        windows = None if settings.windows == "all" else int(settings.windows)
        options = PredictOptions(
            windows, settings.jobs, settings.batch_size, settings.engine, DecodeLimits(settings.timeout),
            say=voice.say,
        )  # fmt: skip
        return Ears(store, space, card, options).hear(paths)

    return hear


def _alike(store: Store, space: Space, asked: Sequence[bytes], wish: Wish, hear: Hear) -> list[Alike]:
    from audiotag.discovery.seeds import find_seeds
    from audiotag.discovery.similar import similar as find_similar

    return find_similar(store, space, find_seeds(store, space, asked, hear, wish.learnt), wish)


def _way(store: Store, space: Space, asked: Sequence[bytes], wish: Wish, hear: Hear) -> list[Alike]:
    from audiotag.discovery.between import between
    from audiotag.discovery.seeds import one_track

    first, last = (one_track(store, space, track, hear) for track in asked)
    return between(store, space, (first, last), wish)


def _write_playlist(path: Path, answer: Sequence[Alike], voice: Messages) -> None:
    from audiotag.atomic import atomic_write
    from audiotag.errors import in_words
    from audiotag.reports.playlist import write_m3u
    from audiotag.text import printable

    to_stdout = str(path) == "-"
    folder = os.path.dirname(os.path.abspath(to_bytes(path)))  # for stdout the one that we are in
    try:
        with atomic_write(Path("/dev/stdout") if to_stdout else path) as file:
            listed = write_m3u((alike.track for alike in answer), folder, file)
    except BrokenPipeError:  # whoever reads that pipe has gone
        raise
    except OSError as fault:
        raise AudiotagError(f"{printable(path)}: cannot be written ({in_words(fault)})") from fault
    if not to_stdout:
        voice.say(f"{printable(path)}: {plural(listed.written, 'track')}")
    if listed.left_out:
        voice.wrong(f"{plural(listed.left_out, 'track')} left out: a line end in their names")


def _show(answer: Sequence[Alike], json: bool) -> None:
    from audiotag.reports.alike import alike_cells, alike_row

    places = list(enumerate(answer, 1))
    if json:
        for place, alike in places:
            show_object(alike_row(place, alike))
    elif sys.stdout.isatty():
        _show_on_terminal([alike_cells(place, alike) for place, alike in places])
    else:
        for place, alike in places:
            _show_line(alike_cells(place, alike))


def _show_line(cells: Sequence[str]) -> None:
    """With tabs between, which none of the cells has."""
    print("\t".join(cells).rstrip("\t"))


def _show_on_terminal(rows: Sequence[Sequence[str]]) -> None:
    from audiotag.cli.alike_lines import alike_lines
    from audiotag.cli.console import Console

    console = Console(highlight=False, soft_wrap=True)
    for row in rows:
        for line in alike_lines(row, console.width, places=len(str(len(rows)))):
            console.print(line)
