"""beets: `beet audiotag`, and `auto: yes` on import. Genres by how the music sounds.

Heard tracks are kept in a library of audiotag's own, beside that of beets: what has been heard once, under
whatever name, is not decoded again. There is no __init__.py beside this file: beetsplug is everybody's.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from optparse import Values
from pathlib import Path
from typing import Any, ClassVar

from beets import config, ui
from beets.dbcore import types
from beets.library import Item
from beets.library import Library as BeetsLibrary
from beets.plugins import BeetsPlugin

from audiotag.api import Answer, AudiotagError, FileOutcome, Library, TagRules, choose, undo, write

_DEFAULTS = {
    "auto": False,
    "policy": "fill",
    "top": 1,
    "min_confidence": None,
    "styles": False,
    "names": {},
    "model": "resnet50",
    "windows": "all",
    "jobs": 0,
    "engine": "auto",
    "library": None,
    "write": "beets",
}


class AudiotagPlugin(BeetsPlugin):  # type: ignore[misc]  # which mypy does not look into
    """See docs/beets.md."""

    item_types: ClassVar[dict[str, types.Type]] = {
        "audiotag_confidence": types.FLOAT,
        "audiotag_second_confidence": types.FLOAT,
        # What was written the last time, and what was there before the first time.
        "audiotag_wrote": types.MULTI_VALUE_DSV,
        "audiotag_found": types.MULTI_VALUE_DSV,
    }
    album_types: ClassVar[dict[str, types.Type]] = {"audiotag_album_wrote": types.MULTI_VALUE_DSV}

    def __init__(self) -> None:
        super().__init__()
        self.config.add(_DEFAULTS)
        self._safe = self.config["write"].as_choice(["beets", "safe"]) == "safe"
        if not self.config["auto"].get(bool):
            return
        # Where beets writes, that it knows before it does; where we do, the files lie where they stay.
        if not self._safe:
            self.import_stages = [self._importing]
        self.register_listener("import_task_files", self._imported_files)

    def commands(self) -> list[ui.Subcommand]:
        command = ui.Subcommand("audiotag", help="genres by how the music sounds")
        command.parser.add_option(
            "-p", "--pretend", action="store_true", help="show what would change, and change nothing"
        )
        command.parser.add_option("-f", "--force", action="store_true", help="listen again")
        command.parser.add_option("-W", "--nowrite", action="store_true", help="leave the files as they are")
        command.parser.add_option("-u", "--undo", action="store_true", help="put back what was there before")
        command.func = self._command
        return [command]

    def _command(self, lib: BeetsLibrary, options: Values, words: list[str]) -> None:
        items = list(lib.items(words))
        writes = not options.nowrite and config["import"]["write"].get(bool)
        try:
            if options.undo:
                self._put_back(items, options, writes)
            else:
                self._tag(items, options, writes)
        except AudiotagError as fault:
            raise ui.UserError(f"audiotag: {fault}") from fault

    def _importing(self, _session: Any, task: Any) -> None:
        self._on_import(task.imported_items())

    def _imported_files(self, session: Any, task: Any) -> None:
        writes = config["import"]["write"].get(bool)
        if self._safe:
            self._on_import(task.imported_items(), writes)
        elif writes and not task.apply:  # beets writes no file that it takes as it is
            for item in task.imported_items():
                if tuple(item.genres or ()) == (_kept(item, "wrote") or None):
                    item.try_write()
                    item.store()

    def _on_import(self, items: Sequence[Item], writes: bool = False) -> None:
        """A fault of ours does not end an import."""
        try:
            self._tag(items, Values({"pretend": False, "force": False}), writes)
        except AudiotagError as fault:
            self._log.warning("{}", fault)

    def _tag(self, items: Sequence[Item], options: Values, writes: bool) -> None:
        if not items:
            return
        with self._library() as library:
            result = library.scan(
                *(item.path for item in items),
                windows=None if self.config["windows"].get() == "all" else int(self._number("windows")),
                jobs=self.config["jobs"].get(int),
                rescan=bool(options.force),
                engine=self.config["engine"].get(str),
            )
            for path, reason in result.failed.items():
                self._log.warning("{}: {}", path, reason)
            for item in items:
                answer = library.track(item.path)
                if answer is not None and answer.status != "missing":  # which the scan has said
                    outcome = self._outcome(library, item, answer, writes and not options.pretend)
                    self._keep(item, answer, outcome, bool(options.pretend), writes)
        if not options.pretend:
            _keep_albums(items)

    def _outcome(self, library: Library, item: Item, answer: Answer, writes: bool) -> FileOutcome:
        """What becomes of an item; with `write: safe` the file is written here, and is what counts."""
        if self._safe and writes:
            return write(library, item.path, rules=self._rules()).files[0]
        return choose(answer, item.genres or (), self._rules(), _kept(item, "wrote"), _kept(item, "found"))

    def _keep(self, item: Item, answer: Answer, outcome: FileOutcome, pretend: bool, writes: bool) -> None:
        """Into beets' database, and by beets into the file."""
        if outcome.error:
            self._log.warning("{}", outcome.error)
        elif outcome.changes:
            confidence = "" if outcome.confidence is None else f"   {outcome.confidence:.0%}"
            ui.print_(f"{item}: {_listed(outcome.old)} → {_listed(outcome.new)}{confidence}")
        else:
            self._log.debug("{}: kept: {}", item, outcome.reason or answer.error)
        if pretend:
            return
        _note(item, answer)
        if outcome.changes:
            if not _kept(item, "wrote"):
                item["audiotag_found"] = list(outcome.old)
            item["audiotag_wrote"] = list(outcome.new)
            item.genres = list(outcome.new)
            if self._safe and writes:
                item.mtime = item.current_mtime()
            elif writes:
                item.try_write()
        item.store()

    def _put_back(self, items: Sequence[Item], options: Values, writes: bool) -> None:
        for item in items:
            wrote, found = _kept(item, "wrote"), _kept(item, "found")
            if not wrote:
                continue
            if writes and not Path(os.fsdecode(item.path)).exists():
                self._log.warning("{}: kept: its file is gone", item)
                continue
            if tuple(item.genres or ()) != wrote:
                self._log.warning("{}: kept: its genre was changed since", item)
                continue
            ui.print_(f"{item}: {_listed(wrote)} → {_listed(found)}")
            if options.pretend:
                continue
            if self._safe and writes:
                with self._library() as library:
                    failed = undo(library, item.path).failed
                if failed:
                    self._log.warning("{}", failed[0].error)
                    continue
                item.mtime = item.current_mtime()
            item.genres = list(found)
            for name in ("audiotag_wrote", "audiotag_found"):
                if name in item:
                    del item[name]
            if writes and not self._safe:
                item.try_write()
            item.store()
        if not options.pretend:
            _keep_albums(items)

    def _rules(self) -> TagRules:
        return TagRules(
            policy=self.config["policy"].get(str),
            top=self.config["top"].get(int),
            min_confidence=None
            if self.config["min_confidence"].get() is None
            else self._number("min_confidence"),
            styles=self.config["styles"].get(bool),
            names={name: _texts(values) for name, values in self.config["names"].get(dict).items()},
        )

    def _number(self, name: str) -> float:
        value = self.config[name].get()
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise AudiotagError(f"{name} must be a number, not {value!r}")
        return value

    def _library(self) -> Library:
        named = self.config["library"].get()
        beside = Path(config["library"].as_filename()).with_name("audiotag.db")
        path = beside if named is None else Path(self.config["library"].as_filename())
        return Library(path, write=True, wait=600.0, model=self.config["model"].get(str))


def _note(item: Item, answer: Answer) -> None:
    """What was heard, as flexible attributes."""
    item["audiotag_status"] = answer.status
    for number, name in enumerate(("", "second_")):
        if number < len(answer.genres):
            item[f"audiotag_{name}genre"] = answer.genres[number].name
            item[f"audiotag_{name}confidence"] = answer.genres[number].probability
    if answer.genres:
        item["audiotag_model"] = answer.model
        item["audiotag_embedding"] = answer.sound


def _keep_albums(items: Sequence[Item]) -> None:
    """An album has the genres that most of its tracks have, unless somebody gave it others.

    Else one without any, which beets or another plugin stores, would empty its tracks again.
    """
    for album in {item.album_id: item.get_album() for item in items if item.album_id}.values():
        if album is None or tuple(album.genres or ()) != tuple(album.get("audiotag_album_wrote") or ()):
            continue
        counts = Counter(tuple(item.genres) for item in album.items() if item.genres)
        genres = list(counts.most_common(1)[0][0]) if counts else []
        album.genres = genres
        album["audiotag_album_wrote"] = genres
        album.store(inherit=False)


def _kept(item: Item, name: str) -> tuple[str, ...]:
    return tuple(item.get(f"audiotag_{name}", with_album=False) or ())


def _listed(genres: Sequence[str]) -> str:
    return "; ".join(genres) or "(no genre)"


def _texts(values: Any) -> list[str]:
    """One name, or several; None: none."""
    return [str(value) for value in (values if isinstance(values, list) else [values]) if value is not None]
