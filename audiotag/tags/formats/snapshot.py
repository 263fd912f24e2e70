"""A snapshot of everything in a file's tags but the genre and audiotag's own fields.

Taken before and after a write, the two must be equal. It is made of raw bytes wherever the
format allows, so that a loss shows which a tag library would not notice. Padding is left out.
"""

from __future__ import annotations

import hashlib
from io import BytesIO
from typing import Any

from mutagen.id3 import ID3

from audiotag.tags.formats import id3, id3_fields, id3_versions, tag_parts
from audiotag.tags.formats.container import Part
from audiotag.tags.formats.containers import identify
from audiotag.tags.formats.read import AnyPath, open_regular, reading

Snapshot = tuple[tuple[str, str], ...]


def snapshot_others(path: AnyPath) -> Snapshot:
    """Names and SHA-256 digests of every tag but those that a write may change, in the order of the file.

    Raises TagReadError where the tags cannot be taken apart.
    """
    with reading(path), open_regular(path) as file:
        parts = identify(file).other_tags(file)
        return tuple((name, hashlib.sha256(data).hexdigest()) for name, data in parts)


def snapshot_across_versions(path: AnyPath) -> Snapshot:
    """The same for a file whose ID3 tag changes its version: what its frames say, not their bytes.

    Read by mutagen, which brings both versions under the names of one. Raises TagReadError.
    """
    with reading(path), open_regular(path) as file:
        container = identify(file)
        parts = [part for part in container.other_tags(file) if not part[0].startswith(tag_parts.ID3)]
        assert container.id3_tag is not None, "only ID3 tags have versions"
        tag = container.id3_tag(file)
        data = id3.render(id3.Tag(tag.version, tag.revision, tag.flags, id3_fields.others(tag)))
        parts += _meanings(ID3(BytesIO(data), load_v1=False)) if data else []
        return tuple((part, hashlib.sha256(data).hexdigest()) for part, data in parts)


def _meanings(tag: ID3) -> list[Part]:
    known = [
        (tag_parts.ID3 + frame.HashKey, _said(frame).encode("utf-8", "surrogatepass"))
        for frame in tag.values()
    ]
    unknown = [(tag_parts.ID3 + raw[:4].decode("latin-1"), bytes(raw[10:])) for raw in tag.unknown_frames]
    return sorted(known + unknown)


def _said(frame: Any) -> str:
    """What a frame says, whatever its encoding; several values are parted as in ID3v2.3."""
    id3_versions.without_empty_ends(frame)
    inner = [_said(one) for one in getattr(frame, "sub_frames", {}).values()]
    values = {name: value for name, value in vars(frame).items() if name not in ("encoding", "sub_frames")}
    if isinstance(values.get("text"), list):
        values["text"] = "/".join(str(text) for text in values["text"])
    return f"{frame.FrameID} {values!r} {sorted(inner)}"
