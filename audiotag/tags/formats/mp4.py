"""MP4 tags: the genre in moov/udta/meta/ilst, and wherever else a reader looks for it.

That list is the one that every player knows. Beside it a genre may stand in freeform atoms, in
lists with names of their own (FFmpeg, cameras), in QuickTime's and 3GPP's user data and in a
track's own; where there is one, it becomes the same. All other atoms keep their bytes; mutagen
would write them anew from what it understood.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import BinaryIO

from audiotag.tags.change import OWN_TEXTS, PLACE, Change
from audiotag.tags.formats import mp4_texts
from audiotag.tags.formats.mp4_atoms import moov_of, places, put_places, top_atoms, within
from audiotag.tags.formats.mp4_tree import Node, moves, parse, walk
from audiotag.tags.formats.spans import padding_after, read_at, replace_span

_HANDLER = Node(b"hdlr", bytes(8) + b"mdirappl" + bytes(9))
# Made with the first tag of a file and then empty of meaning: not a change.
_SCAFFOLD = frozenset({b"moov", b"moov.udta", b"moov.udta.meta", b"moov.udta.meta.ilst"})
_PADDING = b"moov.udta.meta.free"
_MAIN_PATH = (b"udta", b"meta", b"ilst")
_NOTHING = Change((), dict.fromkeys(OWN_TEXTS, ()))
# What the forms of a genre (mp4_texts.genre_form) are called outside the main list.
_PLACES = {
    "atom": "another list",
    "freeform": "a freeform atom",
    "key": "a list of keys",
    "text": "QuickTime's user data",
    "3gpp": "3GPP's user data",
}

# Takes how a genre is written and its atom; gives what is to be in its place, None for nothing.
_Exchange = Callable[[str, Node], Node | None]


def write(file: BinaryIO, change: Change) -> None:
    """Carry out a change; a free atom after the list takes up the growth where it can."""
    moov = moov_of(file)
    data = read_at(file, moov.start, moov.end - moov.start)
    old = parse(data)
    if old.child(b"cmov") is not None:
        raise ValueError("its MP4 index is compressed (cmov); such a file is not written")
    found = list(places(file))
    new = _with_change(old, change)
    new = _absorbed(new, len(new.render()) - len(data))
    rendered = new.render()
    replace_span(file, moov.start, len(data), rendered)
    inside = list(moves(old, new, moov.start, moov.start))

    def moved(place: int) -> int:
        if place <= moov.start:
            return place
        if place >= moov.end:
            return place + len(rendered) - len(data)
        for start, end, distance in inside:
            if start <= place < end:
                return place + distance
        raise ValueError("its MP4 chunk table points into its tags")

    put_places(file, found, moved)


def others(file: BinaryIO) -> Iterator[tuple[str, bytes]]:
    """Every atom but the audio, the genre and audiotag's own, without the places in the file."""
    found = list(places(file))
    for atom in top_atoms(file):
        if atom.name in (b"mdat", b"moof"):
            continue
        data = bytearray(read_at(file, atom.start, atom.end - atom.start))
        for place in within(found, atom.start, atom.end):
            data[place.at - atom.start : place.end - atom.start] = bytes(place.end - place.at)
        if atom.name == b"moov":
            yield from _moov_parts(bytes(data))
        else:
            yield atom.name.decode("latin-1"), bytes(data)


def other_genres(file: BinaryIO) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Where the genre stands outside the list that every player knows: a name for each place, its values."""
    found: list[tuple[str, tuple[str, ...]]] = []

    def collect(form: str, item: Node) -> Node:
        found.append((_place_name(form, len(found)), mp4_texts.values_of(item, form)))
        return item

    moov = moov_of(file)
    _others_visited(parse(read_at(file, moov.start, moov.end - moov.start)), collect)
    return tuple(found)


def excerpt(file: BinaryIO) -> bytes:
    """The moov atom alone with the one list that players know, in the form that mutagen expects."""
    moov = moov_of(file)
    tree = parse(read_at(file, moov.start, moov.end - moov.start))
    items = _main_list(tree)
    tracks = [child for child in tree.children or () if child.name == b"trak"]
    kept = tuple(replace(track, children=_media(track), tail=b"") for track in tracks)
    if items is not None:
        meta = Node(b"meta", bytes(4), (_HANDLER, items))
        kept += (Node(b"udta", children=(meta,)),)
    return Node(b"moov", children=kept).render()


def _media(track: Node) -> tuple[Node, ...]:
    """What describes a track's sound, without the track's own tags."""
    return tuple(child for child in track.children or () if child.name == b"mdia")


def _moov_parts(data: bytes) -> Iterator[tuple[str, bytes]]:
    for path, node in walk(_with_change(parse(data), _NOTHING)):
        content = node.render()
        if node.children is not None:
            content = node.data.strip(b"\0") + node.tail
            is_empty = not content and (bool(node.children) or path in _SCAFFOLD)
        else:
            is_empty = path == _PADDING or node == _HANDLER
        if not is_empty:
            yield path.decode("latin-1"), content


def _with_change(tree: Node, change: Change) -> Node:
    passed: list[Node] = []

    def exchange(form: str, item: Node) -> Node | None:
        values = change.elsewhere_of(_place_name(form, len(passed)), change.genres)
        passed.append(item)
        if values is None:
            return item
        return mp4_texts.with_values(item, form, values) if values else None

    tree = _others_visited(tree, exchange)
    if change.genres or any(change.texts.values()) or _main_list(tree) is not None:
        tree = _with_main_list(tree, _MAIN_PATH, change)
    return tree


def _place_name(form: str, number: int) -> str:
    """The name of a place, which is the so many-th after the first."""
    return f"{PLACE}{_PLACES[form]}" + (f" ({number + 1})" if number else "")


def _with_main_list(node: Node, path: Sequence[bytes], change: Change) -> Node:
    """The atom with the list below it changed, and made where there is none."""
    if not path:
        return replace(node, children=_exchanged(node.children or (), change))
    if node.children is None:
        raise ValueError(f"its MP4 atom {node.name.decode('latin-1')} is damaged")
    old = node.child(path[0])
    new = Node(path[0], children=()) if old is None else old
    if old is None and path[0] == b"meta":
        new = replace(new, data=bytes(4), children=(_HANDLER,))
    return node.with_child(old, _with_main_list(new, path[1:], change))


def _main_list(tree: Node) -> Node | None:
    """The list in which all players look: the first of each name, as they do."""
    node: Node | None = tree
    for name in _MAIN_PATH:
        node = node.child(name) if node is not None else None
    return node


def _exchanged(items: Sequence[Node], change: Change) -> tuple[Node, ...]:
    """The list's atoms with new values where the first of each field was, at the end if none was."""
    found = list(items)
    for name, values in (("genre", change.genres), *change.texts.items()):
        at = next((i for i, item in enumerate(found) if _is_field(item, name)), len(found))
        found = [item for item in found if not _is_field(item, name)]
        found[at:at] = [mp4_texts.genre(values) if name == "genre" else mp4_texts.freeform(name, values)]
        if not values:
            del found[at]
    return tuple(found)


def _is_field(item: Node, name: str) -> bool:
    if name == "genre":
        return mp4_texts.genre_form(item, b"ilst", ()) == "atom"
    return mp4_texts.is_freeform(item, name)


def _others_visited(tree: Node, exchange: _Exchange) -> Node:
    """The tree after every genre in it was exchanged, but not the one that all players know."""
    return _visited(tree, exchange, _main_list(tree))


def _visited(node: Node, exchange: _Exchange, main: Node | None, keys: Sequence[bytes] = ()) -> Node:
    keys = mp4_texts.keys_of(node) if node.name == b"meta" else keys
    children = []
    for child in node.children or ():
        form = mp4_texts.genre_form(child, node.name, keys)
        if form == "atom" and node is main:
            new: Node | None = child
        else:
            new = exchange(form, child) if form else _visited(child, exchange, main, keys)
        children += [] if new is None else [new]
    return node if node.children is None else replace(node, children=tuple(children))


def _absorbed(tree: Node, growth: int) -> Node:
    """The tree with the free atom behind the list shortened or lengthened, where there is one."""
    udta = tree.child(b"udta")
    meta = udta.child(b"meta") if udta else None
    children = list(meta.children or ()) if meta else []
    at = next((i + 1 for i, child in enumerate(children) if child.name == b"ilst"), len(children))
    if udta is None or meta is None or at >= len(children) or children[at].name != b"free":
        return tree
    padding = padding_after(len(children[at].data), growth)
    free = replace(children[at], data=bytes(padding))
    return tree.with_child(udta, udta.with_child(meta, meta.with_child(children[at], free)))
