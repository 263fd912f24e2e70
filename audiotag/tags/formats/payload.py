"""The audio of a file as one digest that tags do not touch.

Taken before and after a write it proves that not a byte of the audio is another. Only the
container is looked at, nothing is decoded; memory does not grow with the file.
"""

from __future__ import annotations

import hashlib
from typing import BinaryIO

from audiotag.tags.formats.container import HashBytes
from audiotag.tags.formats.containers import identify
from audiotag.tags.formats.read import AnyPath, open_regular, reading
from audiotag.tags.formats.recipe import NoRecipeError, Recipe


def payload_digest(path: AnyPath) -> bytes:
    """SHA-256 (32 bytes) of the audio in a file: the same for the same audio under other tags.

    Raises TagReadError where the container's structure is damaged.
    """
    with reading(path), open_regular(path) as file:
        digest = hashlib.sha256()
        identify(file).hash_payload(file, digest)
        return digest.digest()


def sound_digest(path: AnyPath) -> bytes:
    """SHA-256 (32 bytes) of the sound alone, by which it is known again whoever edited the file since.

    As `payload_digest`, but in MP4 without the fragments' headers and without the places that tell
    where sound lies: other programs leave those wrong when a tag in front grows.
    """
    with reading(path), open_regular(path) as file:
        digest = hashlib.sha256()
        container = identify(file)
        (container.hash_sound or container.hash_payload)(file, digest)
        return digest.digest()


def sound_recipe(file: BinaryIO) -> Recipe | None:
    """Where what `sound_digest` is made of lies in an open file; None where it is no matter of places.

    Raises ValueError where the container's structure is damaged.
    """
    return recipes(file)[1]


def recipes(file: BinaryIO) -> tuple[Recipe | None, Recipe | None]:
    """Where what `payload_digest`, and what `sound_digest`, is made of lies in an open file.

    None where one is no matter of places. Raises ValueError where the container's structure is damaged.
    """
    container = identify(file)
    payload = _recipe(file, container.hash_payload)
    return payload, payload if container.hash_sound is None else _recipe(file, container.hash_sound)


def _recipe(file: BinaryIO, feed: HashBytes) -> Recipe | None:
    recipe = Recipe()
    try:
        feed(file, recipe)
    except NoRecipeError:
        return None
    return recipe
