"""The containers: how to know each, read its tags, write a genre, and find its sound.

Each is declared in `declared/`, and `container` says how to add one; `containers` has them all.
Whoever tags goes through `read`, `payload`, `snapshot` and `sound`, which know no container by name.
"""
