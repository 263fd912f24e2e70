"""Essentia: the decoder for nearly everything.

    AudioLoader → MonoMixer → FrameCutter (whole blocks) → FileOutput → pipe

FrameCutter only gathers samples into large blocks: FileOutput costs a call for each
token it writes, and one a sample took half as long again as the decoding itself.

A second branch tells how loud the left channel is, a little of every block, so that a mix that
cancels out is noticed: it takes a few hundredths of the decoding's time.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from typing import Any

from audiotag.audio.child import BLOCK_SAMPLES, Decoded
from audiotag.audio.mixdown import PROBE


def quiet_essentia() -> Any:
    """Import Essentia without the log lines that its bundled libraries print.

    All of it, so that a child forked afterwards has it at hand: the streaming half alone
    takes longer to load than most songs take to decode.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import essentia

    essentia.log.infoActive = False
    essentia.log.warningActive = False
    import essentia.standard
    import essentia.streaming

    return essentia


@cache
def load_essentia_ahead() -> None:
    """Load it before forking, so that no child has to.

    What keeps it from loading (too little memory, say) is for the child to meet: there it costs a
    decoder, and the other one takes over.
    """
    with suppress(Exception):
        quiet_essentia()


def decode_with_essentia(filename: str, audio_fd: int, only: int | None = None) -> Decoded:
    """Write the file's mono mix, or one channel alone, into `audio_fd`, float32 at its own rate.

    Raises RuntimeError.
    """
    essentia = quiet_essentia()
    from essentia import streaming

    loader = streaming.AudioLoader(filename=filename)
    mixer = streaming.MonoMixer(type="mix" if only is None else ("left", "right")[only])
    blocks = _cutter(streaming, BLOCK_SAMPLES)
    left = streaming.MonoMixer(type="left")
    left_probe = _cutter(streaming, PROBE)
    energy = streaming.Energy()
    output = streaming.FileOutput(filename=f"/dev/fd/{audio_fd}", mode="binary")
    pool = essentia.Pool()
    connections = [
        loader.audio >> mixer.audio,
        loader.numberChannels >> mixer.numberChannels,
        mixer.audio >> blocks.signal,
        blocks.frame >> output,
        loader.audio >> left.audio,
        loader.numberChannels >> left.numberChannels,
        left.audio >> left_probe.signal,
        left_probe.frame >> energy.array,
        energy.energy >> (pool, "left"),
        loader.sampleRate >> (pool, "rate"),
        loader.md5 >> None,
        loader.bit_rate >> None,
        loader.codec >> None,
    ]
    essentia.run(loader)
    del connections
    # Only channels that are equally loud can cancel out, so the left one speaks for both.
    unrelated = [float(energy) / 2 for energy in pool["left"]] if pool.containsKey("left") else []
    return Decoded(mixer.audio.totalProduced(), float(pool["rate"]), unrelated)


def _cutter(streaming: Any, samples: int) -> Any:
    """Gathers the first so many samples of each block."""
    return streaming.FrameCutter(
        frameSize=samples,
        hopSize=BLOCK_SAMPLES,
        startFromZero=True,
        lastFrameToEndOfFile=True,
        silentFrames="keep",
    )
