"""What a file says of itself before anything is decoded."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Stated:
    """rate: Hz, 0.0 if it does not say. seconds: of sound, 0.0 if it does not say. is_video: there
    are moving pictures in it. is_audiobook: it says that it is one. Rate and seconds are hints:
    headers may be damaged, and HE-AAC comes out at another rate than it states."""

    rate: float = 0.0
    seconds: float = 0.0
    is_video: bool = False
    is_audiobook: bool = False
