"""A process of its own for decoding one file.

Decoders crash on damaged files, beyond any try/except. So each file is decoded in a
forked child that writes mono samples into a pipe: a crash, a hang or a memory leak
there costs that file and nothing else, and the pipe keeps memory bounded however
long the file is.
"""

from __future__ import annotations

import json
import math
import os
import resource
import signal
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import NoReturn

# Samples in a block, 1.5 s at 44.1 kHz. The child writes whole blocks; the last one
# is filled up, and its status says where the sound really ends.
BLOCK_SAMPLES = 65_536


@dataclass(frozen=True)
class DecodeLimits:
    """What one file may cost. seconds: wall time. memory_bytes: private memory of the decoder's
    process, of which some 300 MB are what Essentia takes to load."""

    seconds: float = 600.0
    memory_bytes: int = 2 << 30


@dataclass(frozen=True)
class Decoded:
    """What a decoder says when it is through. samples: mono samples written. rate: Hz."""

    samples: int
    rate: float


# (name of the file, descriptor for float32 blocks) → Decoded, or any exception.
Decoder = Callable[[str, int], Decoded]


@dataclass(frozen=True)
class Pipes:
    """The child's ends: audio for samples, status for a line of JSON when all is said."""

    audio: int
    status: int


def run_child(decoder: Decoder, filename: str, pipes: Pipes, limits: DecodeLimits) -> NoReturn:
    """Decode, report, exit: the forked child's whole life, which never returns to the caller's code."""
    code = 1
    try:
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE):
            signal.signal(signum, signal.SIG_DFL)
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        resource.setrlimit(resource.RLIMIT_DATA, (limits.memory_bytes, limits.memory_bytes))
        # Should the process that keeps the time be killed, the system ends a runaway decoder.
        seconds = math.ceil(limits.seconds) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        status: dict[str, object] = asdict(decoder(filename, pipes.audio))
        code = 0
    except BaseException as fault:  # a forked child has nobody above it to catch anything
        status = {"error": str(fault) or type(fault).__name__}
    try:
        os.write(pipes.status, json.dumps(status).encode())
    finally:
        os._exit(code)
