"""Files that have sound and are no music: passed over, unless the user asks for them.

A video, be it a music video, by its moving pictures and not by its name; an audiobook by its
suffix (.m4b) or by what it says of itself.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audiotag.audio.stated import Stated

VIDEOS = "videos"
AUDIOBOOKS = "audiobooks"
# What --include may name.
KINDS = (VIDEOS, AUDIOBOOKS)
# One of each, in words.
ONE_OF = {VIDEOS: "a video", AUDIOBOOKS: "an audiobook"}


def kinds_of(path: bytes, stated: Stated) -> tuple[str, ...]:
    """Which of KINDS a file is; none, as a rule."""
    kinds = []
    if stated.is_video:
        kinds.append(VIDEOS)
    if stated.is_audiobook or os.path.splitext(path)[1].lower() == b".m4b":
        kinds.append(AUDIOBOOKS)
    return tuple(kinds)
