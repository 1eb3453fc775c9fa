"""Handwritten digits with labels, out of scikit-learn: 1,797 of 8 x 8 pixels, by 13 people."""

import csv
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

EVERY = 3
"""One of so many is kept for the test, and no network sees it while it learns."""


class Digits(NamedTuple):
    """Pictures [count, 8, 8, 1] as float32 in 0 to 1, and the class of each from 0 to 9."""

    images: NDArray[np.float32]
    labels: NDArray[np.int64]


def read_digits() -> tuple[Digits, Digits]:
    """1,198 to learn from and 599 to test with. Who wrote which is not known: writers are in both."""
    found = load_digits()
    images = (found.images[..., np.newaxis] / 16).astype(np.float32)
    labels = found.target.astype(np.int64)
    test = np.arange(len(labels)) % EVERY == 0
    return Digits(images[~test], labels[~test]), Digits(images[test], labels[test])


def write_digits(folder: Path) -> None:
    """Writes ``train.npz`` for the training, ``test.npz`` and ``test.csv`` for the evaluation."""
    train, test = read_digits()
    np.savez(folder / "train.npz", image=train.images, label=train.labels)
    np.savez(folder / "test.npz", image=test.images)
    with (folder / "test.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["label"])
        table.writerows([label] for label in test.labels)
