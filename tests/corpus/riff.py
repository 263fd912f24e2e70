"""WAV and AIFF: chunks in every order, sizes that are wrong, and ID3 beside the formats' own texts."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache, partial

from tests.corpus.id3_tags import cover, genre, id3v1, names, tag, text
from tests.corpus.sound import encoded, remuxed
from tests.corpus.structure import Build, Structure

ODD = 4_801  # bytes of 8-bit mono sound


def chunk(order: str, name: bytes, content: bytes, pad: bool = True) -> bytes:
    """A chunk, padded to an even length."""
    return name + struct.pack(order + "I", len(content)) + content + bytes(len(content) % 2 if pad else 0)


def form(order: str, kind: bytes, *chunks: bytes, off: int = 0, size: int | None = None) -> bytes:
    """A file of these chunks; `off` is by how much its size is wrong, `size` what it says instead."""
    body = kind + b"".join(chunks)
    magic = b"RIFF" if order == "<" else b"FORM"
    return magic + struct.pack(order + "I", len(body) + off if size is None else size) + body


def info(*pairs: tuple[bytes, bytes], pad: bool = True) -> bytes:
    """A LIST chunk of texts."""
    return chunk("<", b"LIST", b"INFO" + b"".join(chunk("<", name, value, pad) for name, value in pairs))


@cache
def pcm() -> bytes:
    """A quarter of a second of 16-bit stereo sound, as WAV has it."""
    data = encoded(".wav", None, 0.25)
    return data[data.index(b"data") + 8 :]


@cache
def pcm_big_endian() -> bytes:
    """The same as AIFF has it."""
    raw = pcm()
    swapped = bytearray(len(raw))
    swapped[0::2], swapped[1::2] = raw[1::2], raw[0::2]
    return bytes(swapped)


def fmt(bits: int = 16, channels: int = 2, code: int = 1, extra: bytes = b"") -> bytes:
    """The chunk that describes the sound."""
    block = channels * bits // 8
    head = struct.pack("<HHIIHH", code, channels, 44_100, 44_100 * block, block, bits)
    return chunk("<", b"fmt ", head + (struct.pack("<H", len(extra)) + extra if extra else b""))


def data_chunk() -> bytes:
    """The sound of a WAV."""
    return chunk("<", b"data", pcm())


def wav(*behind: bytes, front: bytes = b"", off: int = 0) -> bytes:
    """A plain WAV with more chunks in front of its sound and behind it."""
    return form("<", b"WAVE", fmt(), front, data_chunk(), *behind, off=off)


def id3(version: int = 3, *more: bytes, name: bytes = b"id3 ", order: str = "<") -> bytes:
    """A chunk with a tag."""
    return chunk(order, name, tag(version, names(version), *more))


TEXTS = ((b"INAM", b"A title\0"), (b"IART", b"An artist\0"), (b"IPRD", b"An album\0"))
SOFTWARE = (b"ISFT", b"Lavf58.29.100\0")
IGNR = (b"IGNR", b"Polka\0")


def structures() -> Iterator[Structure]:
    """All of them."""
    for name, build in {**_wav_tags(), **_wav_chunks()}.items():
        # FFmpeg takes the next name's first letter for the missing pad byte.
        misread_by = ("FFmpeg",) if "not padded" in name else ()
        yield Structure("wav", name, build, kept=(pcm(),), misread_by=misread_by)
    for name, build in _wav_sizes().items():
        yield Structure("wav", name, build)
    yield Structure("wav", "MP3 sound", partial(remuxed, encoded(".mp3"), "wav", None, {"title": "A title"}))
    yield Structure("wav", "big-endian (RIFX)", _rifx, "refused", "RIFX|no audio format")
    yield Structure(
        "wav", "no sound chunk", lambda: form("<", b"WAVE", fmt(), info(*TEXTS)), "refused", "sound|audio"
    )
    for name, build in _aiff().items():
        # FFmpeg does not look behind an application chunk.
        unseen_by = ("FFmpeg",) if "application" in name else ()
        yield Structure("aiff", name, build, kept=(pcm_big_endian()[:40_000],), unseen_by=unseen_by)
    yield Structure("aiff", "AIFF-C, little-endian", lambda: _aiff_c(b"sowt"))
    yield Structure("aiff", "AIFF-C, not compressed", lambda: _aiff_c(b"NONE"))
    yield Structure("aiff", "an odd length of sound", lambda: _odd_aiff())
    yield Structure("aiff", "an odd length of sound without its pad byte", lambda: _odd_aiff(pad=False))
    yield Structure("aiff", "an odd length of sound, pad byte not counted", lambda: _odd_aiff(off=-1))


def _wav_tags() -> dict[str, Build]:
    return {
        "no tags": partial(wav),
        "ID3v2.3 behind the sound": partial(wav, id3(3, cover(3))),
        "ID3v2.4 with a genre": partial(wav, id3(4, genre(4, "Polka"))),
        "ID3v2.2": partial(wav, id3(2)),
        "ID3 in front of the sound": partial(wav, front=id3(3)),
        "ID3 chunk named in capitals": partial(wav, id3(3, name=b"ID3 ")),
        "ID3 chunk of an odd length": partial(wav, id3(3, text(3, b"TPE2", "odd"), b"\0")),
        "two ID3 chunks": partial(wav, id3(3, genre(3, "Polka")), id3(4)),
        "an empty ID3 chunk": partial(wav, chunk("<", b"id3 ", b"")),
        "an ID3 chunk of zeros": partial(wav, chunk("<", b"id3 ", bytes(60))),
        "INFO with the software alone": partial(wav, info(SOFTWARE)),
        "INFO with texts": partial(wav, info(*TEXTS, SOFTWARE)),
        "INFO with texts in front of the sound": partial(wav, front=info(*TEXTS)),
        "INFO with a genre": partial(wav, info(*TEXTS, IGNR)),
        "INFO with an empty genre": partial(wav, info(*TEXTS, (b"IGNR", b"\0"))),
        "INFO of nothing": partial(wav, info()),
        "INFO with texts in Latin-1": partial(wav, info((b"INAM", b"M\xfcller\0"), (b"IART", b"Some\0"))),
        "INFO with texts without nulls": partial(wav, info((b"INAM", b"A title"), (b"IART", b"Some"))),
        "INFO with more nulls than one": partial(
            wav, info((b"INAM", b"A title\0\0\0"), (b"IGNR", b"Polka\0\0\0"))
        ),
        "INFO with texts that are not padded": partial(
            wav, info((b"INAM", b"A tit"), (b"IART", b"Some"), pad=False)
        ),
        "INFO with an unknown text": partial(wav, info(*TEXTS, (b"IXYZ", b"one\0"))),
        "two INFO lists": partial(wav, info(TEXTS[1], IGNR), front=info(TEXTS[0])),
        "two INFO lists, each with a genre": partial(
            wav, info(TEXTS[1], (b"IGNR", b"Waltz\0")), front=info(TEXTS[0], IGNR)
        ),
        "INFO with a genre in Latin-1": partial(wav, info(*TEXTS, (b"IGNR", b"M\xfcllermusik\0"))),
        "INFO with a placeholder for a genre": partial(wav, info(*TEXTS, (b"IGNR", b"Other\0"))),
        "INFO with two genres": partial(wav, info(IGNR, *TEXTS, (b"IGNR", b"Waltz\0"))),
        "ID3 and INFO": partial(wav, id3(3), info(*TEXTS, SOFTWARE)),
        "ID3 and INFO with other texts": partial(wav, id3(3), info((b"INAM", b"Another\0"), SOFTWARE)),
        "ID3 and INFO, each with a genre": partial(
            wav, id3(3, genre(3, "Polka")), info(*TEXTS, (b"IGNR", b"Waltz\0"))
        ),
        "ID3 without genre, INFO with one": partial(wav, id3(3), info(*TEXTS, IGNR)),
        "INFO in front, ID3 behind, each with a genre": partial(
            wav, id3(3, genre(3, "Polka")), front=info(*TEXTS, (b"IGNR", b"Waltz\0"))
        ),
        "ID3 with a genre, INFO with the software alone": partial(
            wav, id3(3, genre(3, "Polka")), info(SOFTWARE)
        ),
    }


def _wav_chunks() -> dict[str, Build]:
    labels = chunk("<", b"LIST", b"adtl" + chunk("<", b"labl", b"\1\0\0\0one\0"))
    extensible = fmt(
        16, 2, 0xFFFE, struct.pack("<HI", 16, 3) + bytes.fromhex("0100000000001000800000aa00389b71")
    )
    return {
        "labels": partial(wav, chunk("<", b"cue ", struct.pack("<7I", 1, 1, 0, 0, 0, 0, 0)), labels),
        "a broadcast chunk": partial(wav, front=chunk("<", b"bext", b"A description".ljust(602, b"\0"))),
        "a chunk of junk in front": partial(wav, front=chunk("<", b"JUNK", bytes(28))),
        "padding chunks": partial(wav, chunk("<", b"PAD ", bytes(2000)), info(*TEXTS)),
        "an unknown chunk": partial(wav, chunk("<", b"xyz1", b"secret!"), id3(3)),
        "XMP": partial(wav, chunk("<", b"_PMX", b"<x:xmpmeta/>")),
        "the extensible form": partial(form, "<", b"WAVE", extensible, data_chunk(), info(*TEXTS)),
        "a fact chunk": partial(wav, front=chunk("<", b"fact", struct.pack("<I", len(pcm()) // 4))),
        "two sound chunks": partial(wav, data_chunk(), info(*TEXTS)),
        "a last chunk without its pad byte": partial(wav, chunk("<", b"note", b"odd", pad=False)),
        "a last chunk cut off": partial(
            form, "<", b"WAVE", fmt(), data_chunk(), b"LIST" + struct.pack("<I", 400) + b"INFO"
        ),
    }


def _wav_sizes() -> dict[str, Build]:
    streamed = b"data" + b"\xff" * 4 + pcm()
    zero = b"data" + bytes(4) + pcm()
    longer = b"data" + struct.pack("<I", len(pcm()) + 9000) + pcm()
    odd = partial(chunk, "<", b"data", bytes(range(256)) * 18 + bytes(ODD - 256 * 18))
    mono = fmt(8, 1)
    whole = wav(info(*TEXTS))
    return {
        "24 bits": partial(
            form, "<", b"WAVE", fmt(24, 1), chunk("<", b"data", pcm()[: 3 * 5000]), info(*TEXTS)
        ),
        "streamed: both sizes unknown": partial(form, "<", b"WAVE", fmt(), streamed, size=0xFFFFFFFF),
        "streamed, with texts in front": partial(
            form, "<", b"WAVE", fmt(), info(*TEXTS), streamed, size=0xFFFFFFFF
        ),
        "streamed: both sizes zero": partial(form, "<", b"WAVE", fmt(), zero, size=0),
        "size of the form unknown": partial(form, "<", b"WAVE", fmt(), data_chunk(), size=0xFFFFFFFF),
        "size of the form zero": partial(form, "<", b"WAVE", fmt(), data_chunk(), size=0),
        "size of the form too large by 8": partial(wav, info(*TEXTS), off=8),
        "size of the form too small by 8": partial(wav, off=-8),
        "size of the form much too small": partial(wav, off=-20_000),
        "sound cut off": partial(form, "<", b"WAVE", fmt(), longer, off=9000),
        "sound cut off, form whole": partial(form, "<", b"WAVE", fmt(), longer),
        "an odd length of sound": partial(form, "<", b"WAVE", mono, odd()),
        "an odd length of sound, pad byte not counted": partial(form, "<", b"WAVE", mono, odd(), off=-1),
        "an odd length of sound, pad byte counted and missing": partial(
            form, "<", b"WAVE", mono, odd(pad=False), off=1
        ),
        "an odd length of sound, no pad byte, texts behind": partial(
            form, "<", b"WAVE", mono, odd(pad=False), info(*TEXTS)
        ),
        "ID3 behind the end of the form": lambda: wav() + id3(3),
        "ID3 with a genre behind the end of the form": lambda: wav() + id3(3, genre(3, "Polka")),
        "INFO behind the end of the form": lambda: wav() + info(*TEXTS, IGNR),
        "ID3v1 behind the end of the form": lambda: whole + id3v1(genre=255),
        "a bare ID3 tag behind the end of the form": lambda: wav() + tag(4, names(4)),
        "zeros behind the end of the form": lambda: whole + bytes(500),
        "garbage behind the end of the form": lambda: whole + b"RUBBISH!" * 40,
    }


def _rifx() -> bytes:
    head = struct.pack(">HHIIHH", 1, 2, 44_100, 176_400, 4, 16)
    body = b"WAVE" + chunk(">", b"fmt ", head) + chunk(">", b"data", pcm_big_endian())
    return b"RIFX" + struct.pack(">I", len(body)) + body


def _common(frames: int, bits: int = 16, channels: int = 2, compression: bytes = b"") -> bytes:
    rate = b"\x40\x0e\xac\x44" + bytes(6)
    return chunk(">", b"COMM", struct.pack(">HIH", channels, frames, bits) + rate + compression)


def _sound(data: bytes, pad: bool = True) -> bytes:
    return chunk(">", b"SSND", bytes(8) + data, pad)


def aiff(*behind: bytes, front: bytes = b"", off: int = 0) -> bytes:
    """A plain AIFF with more chunks in front of its sound and behind it."""
    raw = pcm_big_endian()
    return form(">", b"AIFF", _common(len(raw) // 4), front, _sound(raw), *behind, off=off)


def _aiff() -> dict[str, Build]:
    big = partial(chunk, ">")
    tagged = partial(id3, name=b"ID3 ", order=">")
    own = big(b"NAME", b"A title") + big(b"AUTH", b"An artist") + big(b"ANNO", b"a remark")
    return {
        "no tags": partial(aiff),
        "ID3v2.3": partial(aiff, tagged(3, cover(3))),
        "ID3v2.4 with a genre": partial(aiff, tagged(4, genre(4, "Polka"))),
        "ID3v2.2": partial(aiff, tagged(2)),
        "ID3 in front of the sound": partial(aiff, front=tagged(3)),
        "ID3 chunk named in small letters": partial(aiff, id3(3, name=b"id3 ", order=">")),
        "two ID3 chunks": partial(aiff, tagged(3, genre(3, "Polka")), tagged(4)),
        "an empty ID3 chunk": partial(aiff, big(b"ID3 ", b"")),
        "its own texts": partial(aiff, front=own),
        "its own texts and ID3": partial(aiff, tagged(3), front=own),
        "an application chunk": partial(aiff, big(b"APPL", b"stoc" + bytes(30)), tagged(3)),
        "markers and comments": partial(
            aiff,
            big(b"MARK", struct.pack(">HhIB", 1, 1, 0, 3) + b"one"),
            front=big(b"COMT", struct.pack(">HIhH", 1, 0, 0, 4) + b"text"),
        ),
        "an unknown chunk": partial(aiff, big(b"xyz1", b"secret!")),
        "size of the form too large by 8": partial(aiff, off=8),
        "size of the form too small by 1": partial(aiff, big(b"NAME", b"odd"), off=-1),
        "size of the form much too small": partial(aiff, off=-20_000),
        "size of the form zero": partial(aiff, off=-(len(aiff()) - 8)),
        "ID3 behind the end of the form": lambda: aiff() + tagged(3),
        "ID3 with a genre behind the end of the form": lambda: aiff() + tagged(3, genre(3, "Polka")),
        "zeros behind the end of the form": lambda: aiff(tagged(3)) + bytes(500),
        "ID3v1 behind the end of the form": lambda: aiff(tagged(3)) + id3v1(genre=255),
        "sound cut off": lambda: aiff()[:-2000],
    }


def _aiff_c(kind: bytes) -> bytes:
    raw = pcm() if kind == b"sowt" else pcm_big_endian()
    version = chunk(">", b"FVER", bytes.fromhex("a2805140"))
    common = _common(len(raw) // 4, compression=kind + b"\x0enot compressed\0")
    return form(">", b"AIFC", version, common, _sound(raw))


def _odd_aiff(pad: bool = True, off: int = 0) -> bytes:
    raw = bytes(range(256)) * 18 + bytes(ODD - 256 * 18)
    return form(">", b"AIFF", _common(ODD, 8, 1), _sound(raw, pad), off=off)
