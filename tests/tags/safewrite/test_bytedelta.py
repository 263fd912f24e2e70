"""What gives the old bytes back: exactly those, or it is not applied."""

from __future__ import annotations

import hashlib
import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiotag.tags.formats.draft import Draft
from audiotag.tags.formats.recipe import Recipe
from audiotag.tags.safewrite import bytedelta
from audiotag.tags.safewrite.deltahead import unpack
from tests.tags.handmade import noise

# Where the digest of the old file stands in a delta.
OLD_DIGEST = 48
pieces = st.lists(st.binary(max_size=40) | st.integers(0, 5).map(lambda seed: noise(3_000)[seed * 300 :]))


def delta(old: bytes, new: bytes) -> bytes:
    made = bytedelta.make(BytesIO(old), BytesIO(new))
    assert made is not None
    return made


@given(pieces, pieces)
def test_it_gives_back_what_was(old_pieces: list[bytes], new_pieces: list[bytes]) -> None:
    old, new = b"".join(old_pieces), b"".join(new_pieces)
    file = BytesIO(new)
    assert bytedelta.apply(file, delta(old, new))
    assert file.getvalue() == old


def test_it_is_small_where_a_picture_has_moved() -> None:
    picture, audio = noise(300_000), noise(500_000)
    old = b"head" + b"Folk" + picture + bytes(500) + audio
    new = b"head" + b"Hip-Hop & Rap" + picture + bytes(491) + audio
    assert len(delta(old, new)) < 500


def test_it_is_small_where_every_page_has_another_number() -> None:
    random = np.random.default_rng(3)
    pages = [random.bytes(4_000) for _ in range(200)]
    old = b"".join(b"OggS%08d" % number + page for number, page in enumerate(pages))
    new = b"".join(b"OggS%08d" % (number + 1) + page for number, page in enumerate(pages))
    assert len(delta(old, new)) < 20_000


def test_another_file_is_left_alone() -> None:
    made = delta(b"old" * 100, b"new" * 100)
    file = BytesIO(b"new" * 100 + b"!")
    assert not bytedelta.apply(file, made)
    assert file.getvalue() == b"new" * 100 + b"!"


def test_a_damaged_delta_is_noticed() -> None:
    old, new = b"a" * 500 + noise(300), b"b" * 500
    made = bytearray(delta(old, new))
    made[OLD_DIGEST] ^= 1
    with pytest.raises(ValueError, match="not the file that was"):
        bytedelta.apply(BytesIO(new), bytes(made))


@pytest.mark.parametrize("seed", range(4))
def test_a_long_sound_may_move_between_two_changes(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # A list of texts in front of a WAV's sound grows, and a tag comes behind it.
    monkeypatch.setattr(bytedelta, "MOST_BYTES", 3 << 20)
    random = np.random.default_rng(seed)
    sound = bytes(1_200_000) + random.bytes(5 << 20) + bytes(2_000_000)  # silence is found everywhere
    old = b"RIFF" + b"LIST" + random.bytes(30) + sound + b"end"
    new = b"RIFg" + b"LIST" + random.bytes(int(random.integers(1, 900))) + sound + b"ID3" + random.bytes(90)
    for before, after in ((old, new), (new, old)):
        made = delta(before, after)
        assert len(made) < 5_000
        file = BytesIO(after)
        assert bytedelta.apply(file, made)
        assert file.getvalue() == before


def test_too_long_a_difference_gives_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bytedelta, "MOST_BYTES", 1_000)
    assert bytedelta.make(BytesIO(noise(2_000)), BytesIO(bytes(2_000))) is None
    assert bytedelta.make(BytesIO(b"x" + bytes(2_000)), BytesIO(b"y" + bytes(2_000))) is not None


def sound_at(place: int, length: int) -> Recipe:
    recipe = Recipe()
    recipe.update(b"sound")
    recipe.span(place, place + length)
    return recipe


def test_sound_that_both_have_is_known_by_its_own_digest() -> None:
    sound = noise(50_000)
    old, new = b"Folk" + sound + b"end", b"Hip-Hop" + sound + b"end"
    digest = hashlib.sha256(b"sound" + sound).digest()
    shared = bytedelta.Shared(sound_at(4, 50_000), sound_at(7, 50_000), digest)
    made = bytedelta.make(BytesIO(old), BytesIO(new), shared)
    assert made is not None
    assert bytedelta.known_sound(made, sound_at(4, 50_000)) == digest
    assert bytedelta.known_sound(made, sound_at(7, 50_000)) is None
    for file in (BytesIO(new), Draft(BytesIO(new))):
        assert bytedelta.fits(file, made)
        assert not bytedelta.is_given_back(file, made)
        assert bytedelta.apply(file, made)
        assert bytedelta.is_given_back(file, made)
        file.seek(0)
        assert file.read() == old


@given(st.binary(max_size=60), st.binary(max_size=60), st.binary(max_size=60), st.binary(max_size=60))
def test_sound_that_is_known_is_not_read(
    old_head: bytes, new_head: bytes, old_tail: bytes, new_tail: bytes
) -> None:
    """The same delta comes out, wherever the sound lies in both."""
    sound = noise(3_000)
    old, new = old_head + sound + old_tail, new_head + sound + new_tail
    recipes = sound_at(len(old_head), 3_000), sound_at(len(new_head), 3_000)
    shared = bytedelta.Shared(*recipes, hashlib.sha256(b"sound" + sound).digest())
    made, plain = bytedelta.make(BytesIO(old), BytesIO(new), shared), delta(old, new)
    assert made is not None
    assert made[unpack(made)[1] :] == plain[unpack(plain)[1] :]
    file = BytesIO(new)
    assert bytedelta.apply(file, made)
    assert file.getvalue() == old


@pytest.mark.parametrize("at", [0, 3, 7, 30_000, 50_006, 50_007, 50_009])
def test_one_other_byte_is_another_file(at: int) -> None:
    sound = noise(50_000)
    old, new = b"Folk" + sound + b"end", b"Hip-Hop" + sound + b"end"
    digest = hashlib.sha256(b"sound" + sound).digest()
    made = bytedelta.make(
        BytesIO(old), BytesIO(new), bytedelta.Shared(sound_at(4, 50_000), sound_at(7, 50_000), digest)
    )
    assert made is not None
    other = bytearray(new)
    other[at] ^= 1
    for file in (BytesIO(other), BytesIO(new[:-1]), BytesIO(new + b"!"), BytesIO(b""), Draft(BytesIO(other))):
        assert not bytedelta.fits(file, made)
        assert not bytedelta.apply(file, made)


def test_deltas_of_older_libraries_are_applied() -> None:
    """They began with the digests of the whole files."""
    old, new = b"Folk" + noise(5_000), b"Hip-Hop" + noise(5_000)
    parts = struct.pack("<QQ", (1 << 64) - 1, 4) + b"Folk"
    digests = [hashlib.sha256(data).digest() for data in (old, new)]
    made = struct.pack("<32s32sQQ", *digests, 0, 7) + zlib.compress(parts)
    assert bytedelta.known_sound(made, sound_at(4, 5_000)) is None
    for file in (BytesIO(new), Draft(BytesIO(new))):
        assert bytedelta.apply(file, made)
        file.seek(0)
        assert file.read() == old
    assert not bytedelta.apply(BytesIO(new + b"!"), made)
    with pytest.raises(ValueError, match="not the file that was"):
        bytedelta.apply(
            BytesIO(new), struct.pack("<32s32sQQ", bytes(32), digests[1], 0, 7) + zlib.compress(parts)
        )
