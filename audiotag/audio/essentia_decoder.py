"""Essentia: the decoder for nearly everything.

    AudioLoader → MonoMixer → FrameCutter (whole blocks) → FileOutput → pipe

FrameCutter only gathers samples into large blocks: FileOutput costs a call for each
token it writes, and one a sample took half as long again as the decoding itself.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from typing import Any

from audiotag.audio.child import BLOCK_SAMPLES, Decoded


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


def decode_with_essentia(filename: str, audio_fd: int) -> Decoded:
    """Write the file's mono mix into `audio_fd`, float32 at its own rate. Raises RuntimeError."""
    essentia = quiet_essentia()
    from essentia import streaming

    loader = streaming.AudioLoader(filename=filename)
    mixer = streaming.MonoMixer()
    blocks = streaming.FrameCutter(
        frameSize=BLOCK_SAMPLES,
        hopSize=BLOCK_SAMPLES,
        startFromZero=True,
        lastFrameToEndOfFile=True,
        silentFrames="keep",
    )
    output = streaming.FileOutput(filename=f"/dev/fd/{audio_fd}", mode="binary")
    pool = essentia.Pool()
    connections = [
        loader.audio >> mixer.audio,
        loader.numberChannels >> mixer.numberChannels,
        mixer.audio >> blocks.signal,
        blocks.frame >> output,
        loader.sampleRate >> (pool, "rate"),
        loader.md5 >> None,
        loader.bit_rate >> None,
        loader.codec >> None,
    ]
    essentia.run(loader)
    del connections
    return Decoded(mixer.audio.totalProduced(), float(pool["rate"]))


def nominal_rate(filename: str) -> float:
    """The sample rate that the file's header states, in Hz; 0.0 if it does not say.

    A hint: what the decoder delivers can differ (HE-AAC, damaged headers).
    """
    quiet_essentia()
    from essentia import standard

    try:
        return float(standard.MetadataReader(filename=filename, failOnError=True)()[-2])
    except RuntimeError:
        return 0.0
