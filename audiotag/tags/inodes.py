"""Which names an inode has, in the folders in which the library knows a track."""

from __future__ import annotations

import os
from contextlib import suppress

from audiotag.library.store import Store
from audiotag.tags.safewrite.copy import is_temporary
from audiotag.tags.safewrite.journal_rows import node_of
from audiotag.tags.safewrite.record import identity


class Inodes:
    """The folders are read once, when first asked: what comes to lie in them later is not found."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._has_names = False

    def names_of(self, node: str) -> list[bytes]:
        """The paths of the file with this device and inode (journal_rows.node_of), in their order."""
        if not self._has_names:
            self._has_names = True
            self._take_down()
        inode = int(node.rpartition(":")[2])
        rows = self._store.execute("SELECT path FROM temp.names WHERE inode = ? ORDER BY path", (inode,))
        return [path for (path,) in rows if _node_at(path) == node]

    def _take_down(self) -> None:
        for name in ("names", "folders"):
            self._store.execute(f"DROP TABLE IF EXISTS temp.{name}")
        self._store.execute("CREATE TEMP TABLE names (inode INTEGER, path BLOB)")
        self._store.execute("CREATE TEMP TABLE folders (path BLOB PRIMARY KEY)")
        for path in self._store.paths():
            folder = os.path.dirname(path)
            if self._store.execute("SELECT 1 FROM temp.folders WHERE path = ?", (folder,)):
                continue
            self._store.execute("INSERT INTO temp.folders VALUES (?)", (folder,))
            with suppress(OSError), os.scandir(folder) as entries:
                # A copy that is being written is nobody's song yet.
                found = [(e.inode(), e.path) for e in entries if not is_temporary(e.name)]
                self._store.execute_many("INSERT INTO temp.names VALUES (?, ?)", found)
        self._store.execute("CREATE INDEX temp.names_by_inode ON names (inode)")


def _node_at(path: bytes) -> str | None:
    try:
        return node_of(identity(os.stat(path)))
    except OSError:
        return None
