"""By which names the walk takes a file for music: all that the declarations of containers have.

Written down once more, because a scan that finds nothing new needs no more of them: the declarations, and
mutagen behind them, take longer to import than a small library to compare. A test holds the two together.
"""

from __future__ import annotations

# With the dot, in small letters.
SUFFIXES = frozenset(
    b".mp3 .flac .ogg .oga .opus .spx .m4a .mp4 .m4b .wma .asf .wav .wave .aiff .aif .aifc .ape .wv .mpc .mp+"
    b" .mpp .tta .dsf".split()
)
