"""What a digest of sound is made of, told without reading it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiotag.tags.formats import recipe as recipe_module
from audiotag.tags.formats.payload import payload_digest, recipes, sound_digest
from audiotag.tags.formats.recipe import AlongDigest, NoRecipeError, Recipe
from audiotag.tags.formats.spans import hash_span
from tests.tags.cases import Case, cases

AudioFile = Callable[..., Path]
FULL = [case for case in cases() if case.level == "full" and case.id3_version == 4]


def along(recipe: Recipe, data: bytes, block: int) -> bytes:
    digest = AlongDigest(recipe)
    for at in range(0, len(data), block):
        digest.pass_by(at, memoryview(data)[at : at + block])
    return digest.digest()


@given(st.binary(max_size=100), st.lists(st.integers(0, 100), max_size=8), st.integers(1, 40))
def test_hashed_along_it_is_the_digest(data: bytes, edges: list[int], block: int) -> None:
    edges = sorted(min(edge, len(data)) for edge in edges)
    recipe, digest = Recipe(), hashlib.sha256()
    for number, (start, end) in enumerate(zip(edges[::2], edges[1::2], strict=False)):
        for one in (recipe, digest):
            one.update(b"part %d" % number)
            hash_span(BytesIO(data), start, end, one)
    assert along(recipe, data, block) == digest.digest()


@pytest.mark.parametrize("case", FULL, ids=lambda case: case.name)
def test_every_container_tells_the_places_of_its_sound(
    case: Case, tmp_path: Path, audio_file: AudioFile
) -> None:
    path = case.make(tmp_path / f"a{case.suffix}", audio_file)
    data = path.read_bytes()
    with path.open("rb") as file:
        payload, sound = recipes(file)
    for digest_of, recipe in ((payload_digest, payload), (sound_digest, sound)):
        assert recipe is not None
        assert along(recipe, data, 1_000) == digest_of(path)


def test_a_file_that_ends_too_early() -> None:
    recipe = Recipe()
    recipe.span(2, 9)
    with pytest.raises(ValueError, match="shorter"):
        along(recipe, b"12345678", 3)


def test_much_that_stands_in_no_file_is_no_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipe_module, "_MOST_BYTES", 10)
    recipe = Recipe()
    recipe.update(b"12345")
    recipe.update(b"67890")
    assert recipe.parts == [b"1234567890"]
    with pytest.raises(NoRecipeError):
        recipe.update(b"1")
