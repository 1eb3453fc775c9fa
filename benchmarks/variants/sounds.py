"""Sounds for a voice detector at 16 kHz, as an app gives them: 512 values a call, one call after the other.

A sample that begins a sound gives the state; the others leave it to `--carry stateN=state`. Real speech comes
from the source package of PocketSphinx (speech.txt); the rest is made here.
"""

import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np

SPEECH = Path(__file__).resolve().parents[2] / ".make/speech"
RATE = 16_000
LENGTH = 512
Sound = np.ndarray


def inputs() -> Iterator[dict[str, np.ndarray]]:
    """All sounds; what is left of one after its last 512 values is left out."""
    for sound in (*speech(), *made()):
        for at in range(len(sound) // LENGTH):
            piece = sound[at * LENGTH : (at + 1) * LENGTH].astype(np.float32)
            call: dict[str, np.ndarray] = {"input": piece[None], "sr": np.array(RATE, np.int64)}
            if at == 0:
                call["state"] = np.zeros((2, 1, 128), np.float32)
            yield call


def speech() -> Iterator[Sound]:
    """Five sentences of an audiobook, three dictated lines, a sentence in noise. Values from -1 to 1."""
    books = sorted((SPEECH / "librivox").glob("*.wav"))
    if len(books) != 5:
        raise SystemExit(f"{SPEECH} does not hold the recordings: make .make/bench-speech")
    for path in books:
        yield _wav(path)
    for name in ("goforward", "numbers", "something"):
        yield np.fromfile(SPEECH / f"{name}.raw", "<i2") / 32_768
    sentence = _wav(books[1])
    yield sentence + 0.02 * np.random.default_rng(6).standard_normal(len(sentence))


def made() -> Iterator[Sound]:
    """A second each of silence, noise, a tone, a chirp, and pulses through resonances, as of four voices."""
    time = np.arange(RATE) / RATE
    yield np.zeros(RATE)
    yield 0.1 * np.random.default_rng(5).standard_normal(RATE)
    yield 0.3 * np.sin(2 * np.pi * 440 * time)
    yield 0.3 * np.sin(2 * np.pi * (200 + 3_800 * time) * time)
    for pitch in (90, 130, 190, 260):
        pulses = (np.floor(time * pitch) != np.floor((time - 1 / RATE) * pitch)).astype(float)
        voice = np.zeros(RATE)
        for formant, width in ((600, 80), (1200, 100), (2500, 150)):
            ring = np.exp(-np.pi * width * time) * np.sin(2 * np.pi * formant * time)
            voice += np.convolve(pulses, ring[: RATE // 4])[:RATE]
        yield 0.5 * voice / np.abs(voice).max()


def _wav(path: Path) -> Sound:
    with wave.open(str(path)) as file:
        if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (RATE, 1, 2):
            raise SystemExit(f"{path} is not mono, 16 bits, 16 kHz")
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32_768
