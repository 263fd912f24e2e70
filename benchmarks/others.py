"""What others do with the same songs, each from the start of its process to its end.

    python others.py original|librosa|essentia FILE...

original: the pipeline that this project set out from, written anew from its description: librosa.load at
22,050 Hz and melspectrogram (2048, 512, 128 bands, dB), slices of 1,024 frames, a Keras ResNet50 that takes
200 × 1,024, `model.predict` a track, and the mean. Weights are random, which takes as long as any; one
channel instead of three, and rows repeated to make 200 of 128, are its cheapest forms. librosa: the same
without slices and network. essentia: MonoLoader to 22,050 Hz as it comes, then a Python loop over the frames
with Windowing, Spectrum and MelBands, also without a network. Prints seconds of sound and a checksum.

TensorFlow and Essentia never meet in one process; so this loads only what it is asked for.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator

import numpy as np

RATE, N_FFT, HOP, BANDS = 22_050, 2048, 512, 128
ROWS, FRAMES, GENRES = 200, 1024, 8

Answer = tuple[float, float]


def librosa_mel(file: str) -> tuple[float, np.ndarray]:
    """Seconds of sound, and its mel bands (128, frames) in dB."""
    import librosa

    samples, rate = librosa.load(file, sr=RATE)
    power = librosa.feature.melspectrogram(y=samples, sr=rate, n_fft=N_FFT, hop_length=HOP, n_mels=BANDS)
    return len(samples) / rate, np.asarray(librosa.power_to_db(power, ref=np.max))


def with_librosa(files: list[str]) -> Iterator[Answer]:
    for file in files:
        seconds, mel = librosa_mel(file)
        yield seconds, float(mel.mean())


def with_essentia(files: list[str]) -> Iterator[Answer]:
    from essentia.standard import FrameGenerator, MelBands, MonoLoader, Spectrum, Windowing

    window, spectrum = Windowing(type="hann"), Spectrum(size=N_FFT)
    bands = MelBands(
        numberBands=BANDS, sampleRate=RATE, highFrequencyBound=RATE / 2, inputSize=N_FFT // 2 + 1
    )
    for file in files:
        samples = MonoLoader(filename=file, sampleRate=RATE)()
        frames = FrameGenerator(samples, frameSize=N_FFT, hopSize=HOP)
        mel = np.array([bands(spectrum(window(frame))) for frame in frames])
        yield len(samples) / RATE, float(mel.mean())


def as_the_original(files: list[str]) -> Iterator[Answer]:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    network = keras.applications.ResNet50(weights=None, input_shape=(ROWS, FRAMES, 1), classes=GENRES)
    for file in files:
        seconds, mel = librosa_mel(file)
        yield seconds, float(network.predict(slices(mel), verbose=0).mean(axis=0).max())


def slices(mel: np.ndarray) -> np.ndarray:
    """(128, frames) dB → (n, 200, 1024, 1) of 0..1; what is left over at the end goes, but for a track
    shorter than a slice, which is filled up."""
    if mel.shape[1] < FRAMES:
        mel = np.pad(mel, ((0, 0), (0, FRAMES - mel.shape[1])), constant_values=mel.min())
    count = mel.shape[1] // FRAMES
    rows = np.linspace(0, BANDS - 1, ROWS).round().astype(int)
    cut = mel[rows, : count * FRAMES].reshape(ROWS, count, FRAMES).transpose(1, 0, 2)
    return np.asarray(cut[..., None] / 80 + 1, np.float32)


OTHERS: dict[str, Callable[[list[str]], Iterator[Answer]]] = {
    "original": as_the_original,
    "librosa": with_librosa,
    "essentia": with_essentia,
}


def main(name: str, files: list[str]) -> None:
    answers = list(OTHERS[name](files))
    print(sum(seconds for seconds, _ in answers), sum(value for _, value in answers))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
