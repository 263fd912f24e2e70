"""The playlists of `report --m3u`: what is wanted, and what became of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from audiotag.cli.output import Messages, plural
from audiotag.errors import UsageError
from audiotag.text import printable

if TYPE_CHECKING:
    from audiotag.library.store import Store
    from audiotag.reports.selection import Selection


@dataclass(frozen=True)
class Playlists:
    """What --m3u is to write. selection: of the report, in the playlists' order."""

    folder: Path
    flow: bool
    styles: bool
    selection: Selection


def wanted_playlists(
    folder: Path | None, order: str | None, styles: bool, chosen: Selection, sort: str | None
) -> Playlists | None:
    """None without --m3u. Raises UsageError for options that make no sense together."""
    if order not in (None, "artist", "flow"):
        raise UsageError(f"--order {order}: choose artist or flow")
    if folder is None:
        if order is not None or styles:
            raise UsageError("--order and --styles are of playlists; give --m3u DIR as well")
        return None
    if str(folder) == "-":
        raise UsageError("--m3u -: playlists need a folder, stdout is none")
    if chosen.statuses and "ok" not in chosen.statuses:
        raise UsageError("--m3u: playlists are of tracks whose status is ok; leave out --status")
    if order is not None or sort is None:
        chosen = replace(chosen, sort="artist", reverse=chosen.reverse and order is None)
    return Playlists(folder, order == "flow", styles, chosen)


def write_playlists(store: Store, under: list[bytes], wanted: Playlists, voice: Messages) -> bool:
    """Write them and say what became of each; returns whether none had to be left alone."""
    from audiotag.reports.genre_playlists import PlaylistOptions, write_genre_playlists

    options = PlaylistOptions(wanted.folder, wanted.flow, wanted.styles)
    counts: Counter[str] = Counter()
    for one in write_genre_playlists(store, under, wanted.selection, options):
        counts[one.what] += 1
        name = printable(one.path)
        if one.what == "left alone":
            voice.wrong(f"left alone: {name}: {one.why}; move it away, or choose another folder")
            continue
        detail = "" if one.what == "removed" else f", {plural(one.tracks, 'track')}"
        voice.detail(f"{name}: {one.what}{detail}")
        if one.left_out:
            voice.say(
                f"{name}: {plural(one.left_out, 'track')} left out: a line end in a name fits in no playlist"
            )
    made = counts["written"] + counts["unchanged"]
    parts = [f"{plural(made, 'playlist')}"]
    parts += [f"{counts[what]:,} {what}" for what in ("written", "removed", "left alone") if counts[what]]
    voice.say(f"{printable(wanted.folder)}: {', '.join(parts)}.")
    return not counts["left alone"]
