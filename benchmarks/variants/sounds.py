"""Sounds for a voice detector: 512 values at 16 kHz each. Synthetic: no package ships labelled speech."""

from collections.abc import Iterator

import numpy as np

RATE = 16_000
LENGTH = 512


def inputs() -> Iterator[dict[str, np.ndarray]]:
    """Silence, noise, a tone, a chirp, and pulses through resonances, as of a voice at four pitches."""
    chance = np.random.default_rng(5)
    time = np.arange(LENGTH) / RATE
    sounds = [
        np.zeros(LENGTH),
        0.1 * chance.standard_normal(LENGTH),
        0.3 * np.sin(2 * np.pi * 440 * time),
        0.3 * np.sin(2 * np.pi * (200 + 30_000 * time) * time),
    ]
    for pitch in (90, 130, 190, 260):
        pulses = (np.floor(time * pitch) != np.floor((time - 1 / RATE) * pitch)).astype(float)
        voice = np.zeros(LENGTH)
        for formant, width in ((600, 80), (1200, 100), (2500, 150)):
            ring = np.exp(-np.pi * width * time) * np.sin(2 * np.pi * formant * time)
            voice += np.convolve(pulses, ring)[:LENGTH]
        sounds.append(0.5 * voice / np.abs(voice).max())
    for sound in sounds:
        yield {
            "input": sound.astype(np.float32)[None],
            "state": np.zeros((2, 1, 128), np.float32),
            "sr": np.array(RATE, np.int64),
        }
