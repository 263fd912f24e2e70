"""Ogg streams (Vorbis, Opus, Speex, FLAC): exchange the comment packet, keep all other bytes.

Only the pages that the comments lie on are laid anew. What is behind them, damaged pages and bytes
of no page included, stays as it is, but for the numbers of the pages where there are more of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from audiotag.tags.change import Change
from audiotag.tags.formats import vorbis
from audiotag.tags.formats.ogg_pages import Page, last_page, pages, renumber, with_first_packet
from audiotag.tags.formats.spans import padding_after, replace_span

_VORBIS, _FLAC = b"\x01vorbis", b"\x7fFLAC"
# What the first packet of a stream begins with → what its comment packet begins with.
COMMENT_MAGICS = {_VORBIS: b"\x03vorbis", b"OpusHead": b"OpusTags", b"Speex   ": b"", _FLAC: b""}
# In FLAC a block of metadata stands there: its type, of which one bit says that it is the last, and
# its length.
_FLAC_COMMENTS, _FLAC_TYPE, _FLAC_HEAD, _FLAC_MOST = 4, 0x7F, 4, 1 << 24


@dataclass(frozen=True)
class CommentPacket:
    """The comment packet. head: what it begins with. begin: the page that the stream begins with.

    framing: Vorbis's last bit. pages: those that the comments lie on, whole.
    """

    stream: bytes
    head: bytes
    framing: bytes
    begin: Page
    pages: tuple[Page, ...]
    comments: vorbis.Comments


def stream_of(page: Page) -> bytes | None:
    """The key in COMMENT_MAGICS if this page begins such a stream."""
    if not page.is_first:
        return None
    return next((magic for magic in COMMENT_MAGICS if page.body.startswith(magic)), None)


def read(file: BinaryIO) -> CommentPacket:
    """The comments of the first stream in the file that carries music."""
    begin, found = _comment_pages(file)
    stream = stream_of(begin)
    assert stream is not None, "such a page was looked for"
    if any(page.fault for page in found):
        raise ValueError("its comments lie on an Ogg page that is damaged")
    packet = b"".join(page.packets[0][0] for page in found)
    head = packet[:_FLAC_HEAD] if stream == _FLAC else COMMENT_MAGICS[stream]
    is_flac = stream == _FLAC and head[:1] and head[0] & _FLAC_TYPE == _FLAC_COMMENTS
    if not packet.startswith(head) or (stream == _FLAC and not is_flac):
        raise ValueError("its second Ogg packet does not hold comments")
    comments = vorbis.parse(packet[len(head) :])
    framing = comments.rest[:1] if stream == _VORBIS else b""
    return CommentPacket(stream, head, framing, begin, found, comments)


def write(file: BinaryIO, change: Change) -> None:
    """Carry out a change; the pages of the comments are laid anew."""
    old = read(file)
    new = vorbis.with_change(old.comments, change)
    padding = new.rest[len(old.framing) :]
    if not padding.strip(b"\0"):
        growth = len(vorbis.render(new)) - len(vorbis.render(old.comments))
        rest = old.framing + bytes(padding_after(len(padding), growth))
        new = vorbis.Comments(new.vendor, new.comments, rest)
    made = with_first_packet(old.pages, _packet(old, new))
    # From the end on, so that the earlier pages keep their places; other streams' may lie between.
    for number in reversed(range(len(old.pages))):
        is_last = number == len(old.pages) - 1
        part = made[number:] if is_last else made[number : number + 1]
        page = old.pages[number]
        replace_span(file, page.start, page.end - page.start, b"".join(one.render() for one in part))
    growth = len(made) - len(old.pages)
    if growth:
        moved = sum(len(page.render()) for page in made) - sum(p.end - p.start for p in old.pages)
        renumber(file, old.pages[-1].end + moved, old.begin.serial, growth)


def excerpt(file: BinaryIO) -> bytes:
    """The pages from which mutagen tells tags and length, and nothing that might confuse it."""
    found = read(file)
    last = last_page(file, found.begin.serial)
    known = {page.start for page in (found.begin, *found.pages)}
    tail = b"" if last is None or last.start in known else last.render()
    return b"".join(page.render() for page in (found.begin, *found.pages)) + tail


def _comment_pages(file: BinaryIO) -> tuple[Page, tuple[Page, ...]]:
    """The page that begins the stream, and those up to the end of its second packet."""
    begin: Page | None = None
    found: list[Page] = []
    for page in pages(file):
        if begin is None:
            begin = page if stream_of(page) is not None and not page.fault else None
        elif page.serial == begin.serial:
            if page.is_first:
                break
            found.append(page)
            if any(is_whole for _packet, is_whole in page.packets):
                return begin, tuple(found)
    raise ValueError("no Vorbis, Opus, Speex or FLAC stream with comments in this Ogg file")


def _packet(old: CommentPacket, comments: vorbis.Comments) -> bytes:
    body = vorbis.render(comments)
    if old.stream != _FLAC:
        return old.head + body
    if len(body) >= _FLAC_MOST:
        raise ValueError("its comments would be larger than FLAC allows")
    return old.head[:1] + len(body).to_bytes(3, "big") + body
