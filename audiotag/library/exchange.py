"""Rows whose files lie in each other's places."""

from __future__ import annotations

from audiotag.library.store import Store


def exchange(store: Store, table: str) -> None:
    """Give rows the paths of others: `table` has the columns old and new, each path once.

    What is known of a path that takes a row and gives none is gone. The rows are of no size
    from then on: whatever comes between, their files are looked into again. Raises StoreError.
    """
    aside = "CAST(x'00' || {} AS BLOB)"  # no path begins like that
    with store.transaction():
        store.execute(
            f"UPDATE tracks SET path = {aside.format('path')}, size = -1 "
            f"WHERE path IN (SELECT old FROM {table})"
        )
        store.execute(f"DELETE FROM tracks WHERE path IN (SELECT new FROM {table})")
        store.execute(
            f"UPDATE tracks SET path = (SELECT new FROM {table} "
            f"WHERE {aside.format('old')} = tracks.path), missing = 0 "
            f"WHERE path IN (SELECT {aside.format('old')} FROM {table})"
        )
