"""What a tag says, to be repeated in another kind of tag that readers look into first.

A new ID3v2 tag hides an ID3v1 block, an APEv2 tag and an INFO list from many readers, and new
Vorbis comments hide an ID3 tag: a title that they showed would be gone. Between the kinds a field
goes by the name that TagLib's property map and Vorbis comments give it (TITLE, ALBUMARTIST, …).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

from mutagen.id3 import ID3, TCON

from audiotag.tags.change import OWN_TEXTS
from audiotag.tags.formats import ape, id3
from audiotag.tags.formats.id3_frames import comment_frame, lyrics_frame, text_frame, user_frame

# Names of fields and their values, in the order of the tag.
Fields = Mapping[str, tuple[str, ...]]

GENRE = "GENRE"
_FRAMES = {
    "ALBUM": b"TALB",
    "BPM": b"TBPM",
    "COMPOSER": b"TCOM",
    "COPYRIGHT": b"TCOP",
    "ENCODEDBY": b"TENC",
    "LYRICIST": b"TEXT",
    "WORK": b"TIT1",
    "TITLE": b"TIT2",
    "SUBTITLE": b"TIT3",
    "INITIALKEY": b"TKEY",
    "LANGUAGE": b"TLAN",
    "MEDIA": b"TMED",
    "ORIGINALALBUM": b"TOAL",
    "ORIGINALARTIST": b"TOPE",
    "ARTIST": b"TPE1",
    "ALBUMARTIST": b"TPE2",
    "CONDUCTOR": b"TPE3",
    "REMIXER": b"TPE4",
    "DISCNUMBER": b"TPOS",
    "LABEL": b"TPUB",
    "TRACKNUMBER": b"TRCK",
    "ISRC": b"TSRC",
    "ENCODING": b"TSSE",
    "COMPILATION": b"TCMP",
}
# These are frames in ID3v2.4 alone; before, they would be unknown ones.
_LATE_FRAMES = {
    "ENCODINGTIME": b"TDEN",
    "ORIGINALDATE": b"TDOR",
    "DATE": b"TDRC",
    "RELEASEDATE": b"TDRL",
    "MOOD": b"TMOO",
    "ALBUMSORT": b"TSOA",
    "ARTISTSORT": b"TSOP",
    "TITLESORT": b"TSOT",
    "ALBUMARTISTSORT": b"TSO2",
    "COMPOSERSORT": b"TSOC",
    "DISCSUBTITLE": b"TSST",
}
_ONLY_READ = {
    "PLAYLISTDELAY": b"TDLY",
    "FILETYPE": b"TFLT",
    "LENGTH": b"TLEN",
    "ORIGINALFILENAME": b"TOFN",
    "ORIGINALLYRICIST": b"TOLY",
    "OWNER": b"TOWN",
    "PRODUCEDNOTICE": b"TPRO",
    "RADIOSTATION": b"TRSN",
    "RADIOSTATIONOWNER": b"TRSO",
    "MOVEMENTNAME": b"MVNM",
    "MOVEMENTNUMBER": b"MVIN",
    "GROUPING": b"GRP1",
    "COPYRIGHTURL": b"WCOP",
    "FILEWEBPAGE": b"WOAF",
    "ARTISTWEBPAGE": b"WOAR",
    "AUDIOSOURCEWEBPAGE": b"WOAS",
    "PUBLISHERWEBPAGE": b"WPUB",
}
_NAMES = {frame.decode(): name for name, frame in {**_ONLY_READ, **_LATE_FRAMES, **_FRAMES}.items()}
# FFmpeg shows these fields of an ID3 tag under a name of its own, so both are written.
_ALSO = {
    "LABEL": "PUBLISHER",
    "ENCODING": "ENCODER",
    "ENCODEDBY": "ENCODED_BY",
    "CONDUCTOR": "PERFORMER",
}
_APE_NAMES = {
    "TRACK": "TRACKNUMBER",
    "YEAR": "DATE",
    "ALBUM ARTIST": "ALBUMARTIST",
    "DISC": "DISCNUMBER",
    "MIXARTIST": "REMIXER",
}
_INFO_NAMES = {
    b"INAM": "TITLE",
    b"IART": "ARTIST",
    b"IPRD": "ALBUM",
    b"ICMT": "COMMENT",
    b"ICRD": "DATE",
    b"IPRT": "TRACKNUMBER",
    b"IENG": "ARRANGER",
    b"IBSU": "ARTISTWEBPAGE",
    b"IBPM": "BPM",
    b"IMUS": "COMPOSER",
    b"ICOP": "COPYRIGHT",
    b"PRT1": "DISCSUBTITLE",
    b"ITCH": "ENCODEDBY",
    b"ISFT": "ENCODING",
    b"IDIT": "ENCODINGTIME",
    b"ISRC": "ISRC",
    b"IPUB": "LABEL",
    b"ILNG": "LANGUAGE",
    b"IWRI": "LYRICIST",
    b"IMED": "MEDIA",
    b"ISTR": "PERFORMER",
    b"ICNT": "RELEASECOUNTRY",
    b"IEDT": "REMIXER",
}
_TXXX_NAMES = {
    "MUSICBRAINZ ALBUM ID": "MUSICBRAINZ_ALBUMID",
    "MUSICBRAINZ ARTIST ID": "MUSICBRAINZ_ARTISTID",
    "MUSICBRAINZ ALBUM ARTIST ID": "MUSICBRAINZ_ALBUMARTISTID",
    "MUSICBRAINZ ALBUM RELEASE COUNTRY": "RELEASECOUNTRY",
    "MUSICBRAINZ ALBUM STATUS": "RELEASESTATUS",
    "MUSICBRAINZ ALBUM TYPE": "RELEASETYPE",
    "MUSICBRAINZ RELEASE GROUP ID": "MUSICBRAINZ_RELEASEGROUPID",
    "MUSICBRAINZ RELEASE TRACK ID": "MUSICBRAINZ_RELEASETRACKID",
    "MUSICBRAINZ WORK ID": "MUSICBRAINZ_WORKID",
    "ACOUSTID ID": "ACOUSTID_ID",
    "ACOUSTID FINGERPRINT": "ACOUSTID_FINGERPRINT",
    "MUSICIP PUID": "MUSICIP_PUID",
}
_MUSICBRAINZ = "http://musicbrainz.org"
_V1_FIELDS = ((b"TIT2", 3, 33), (b"TPE1", 33, 63), (b"TALB", 63, 93))


def frames(fields: Fields, version: int) -> tuple[id3.Frame, ...]:
    """These fields as frames of an ID3v2 tag."""
    return tuple(_frame(name, values, version) for name, values in fields.items())


def of_v1(block: bytes, version: int) -> tuple[id3.Frame, ...]:
    """What an ID3v1 block (128 bytes) says but its genre, as frames.

    Its bytes are kept as they are: programs that take them for another code page than Latin-1 do
    so in a frame as well.
    """
    made = [text_frame(version, name, _v1_text(block[start:end])) for name, start, end in _V1_FIELDS]
    year, comment = _v1_text(block[93:97]), block[97:127]
    made.append(text_frame(version, b"TDRC" if version == 4 else b"TYER", year))
    # ID3v1.1: a null and then the track's number end the comment.
    track = comment[29] if comment[28] == 0 else 0
    made.append(comment_frame(version, _v1_text(comment[:28] if track else comment)))
    if track:
        made.append(text_frame(version, b"TRCK", b"%d" % track))
    filled = [*(block[start:end] for _name, start, end in _V1_FIELDS), year, comment[:28], b"?"]
    return tuple(frame for frame, raw in zip(made, filled, strict=False) if _v1_text(raw))


def of_ape(tag: ape.Tag) -> dict[str, tuple[str, ...]]:
    """The texts of an APEv2 tag."""
    fields: dict[str, tuple[str, ...]] = {}
    for item in tag.items:
        name = _APE_NAMES.get(item.name.upper(), item.name.upper())
        value = ape.texts(item)
        if value and not item.is_ours:
            fields[name] = value  # of two the last, as TagLib reads it
    return fields


def of_info(texts: Mapping[bytes, str]) -> dict[str, tuple[str, ...]]:
    """The texts of an INFO list that have a name outside it."""
    return {_INFO_NAMES[name]: (text,) for name, text in texts.items() if name in _INFO_NAMES and text}


def of_id3(data: bytes) -> dict[str, tuple[str, ...]]:
    """The texts of a whole ID3v2 tag as mutagen reads it, 2.3's dates as those of 2.4, and the genre."""
    fields: dict[str, tuple[str, ...]] = {}
    for frame in ID3(BytesIO(data), load_v1=False).values():
        for name, values in _named(frame):
            if values and name not in OWN_TEXTS:
                fields[name] = fields.get(name, ()) + values
    for name, also in _ALSO.items():
        if name in fields:
            fields.setdefault(also, fields[name])
    return fields


def of_v1_block(block: bytes) -> dict[str, tuple[str, ...]]:
    """What an ID3v1 block says."""
    number = text_frame(4, b"TCON", str(block[-1])) if block[-1] < len(TCON.GENRES) else None
    frames = (*of_v1(block, 4), *([number] if number else []))
    return of_id3(id3.render(id3.Tag(4, frames=frames))) if frames else {}


def _frame(name: str, values: Sequence[str], version: int) -> id3.Frame:
    # Up to 2.3 a text frame holds one text, in which "/" parts values.
    texts = [("\0" if version == 4 else "/").join(values)]
    if name == "DATE" and version < 4:
        return text_frame(version, b"TYER", values[0][:4])
    if name == "COMMENT":
        return comment_frame(version, *texts)
    if name == "LYRICS":
        return lyrics_frame(version, *texts)
    frame_id = _FRAMES.get(name) or (_LATE_FRAMES.get(name) if version == 4 else None)
    return text_frame(version, frame_id, *texts) if frame_id else user_frame(version, name, values)


def _named(frame: Any) -> list[tuple[str, tuple[str, ...]]]:
    """The fields that a frame is: as a rule one."""
    texts = tuple(str(text) for text in getattr(frame, "text", ()) if str(text))
    if frame.FrameID in ("COMM", "USLT", "WXXX"):
        base = {"COMM": "COMMENT", "USLT": "LYRICS", "WXXX": "URL"}[frame.FrameID]
        texts = {"USLT": (str(getattr(frame, "text", "")),), "WXXX": (getattr(frame, "url", ""),)}.get(
            frame.FrameID, texts
        )
        return [(f"{base}:{frame.desc.upper()}" if frame.desc else base, texts)]
    if frame.FrameID == "TCON":
        return [(GENRE, tuple(genre for genre in frame.genres if genre))]
    if frame.FrameID == "TXXX":
        name = frame.desc.upper()
        return [(_TXXX_NAMES.get(name, name), texts)] if _is_key(name) else []
    if frame.FrameID == "UFID" and frame.owner == _MUSICBRAINZ:
        return [("MUSICBRAINZ_TRACKID", (frame.data.decode("ascii", "replace"),))]
    if frame.FrameID in ("TIPL", "TMCL"):
        prefix = "PERFORMER:" if frame.FrameID == "TMCL" else ""
        return [(prefix + role.upper(), (person,)) for role, person in frame.people if _is_key(role)]
    name = _NAMES.get(frame.FrameID, "")
    return [(name, texts or ((frame.url,) if hasattr(frame, "url") else ()))] if name else []


def _is_key(name: str) -> bool:
    """Whether a Vorbis comment may be called so."""
    return bool(name) and all(" " <= char <= "}" and char != "=" for char in name)


def _v1_text(raw: bytes) -> bytes:
    return raw.split(b"\0")[0].strip()
