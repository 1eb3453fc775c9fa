"""The data of examples/slimming: nothing of the test set is learnt from."""

import csv
from pathlib import Path

import numpy as np

from examples.slimming.digits import read_digits, write_digits


def test_no_picture_is_in_both_sets_and_every_class_is_in_each() -> None:
    train, test = read_digits()
    assert (train.images.shape, test.images.shape) == ((1198, 8, 8, 1), (599, 8, 8, 1))
    assert train.images.dtype == np.float32
    assert (test.images.min(), test.images.max()) == (0, 1)
    assert set(train.labels) == set(test.labels) == set(range(10))
    assert not {image.tobytes() for image in train.images} & {image.tobytes() for image in test.images}


def test_the_files_have_what_the_training_and_the_evaluation_read(tmp_path: Path) -> None:
    write_digits(tmp_path)
    _, test = read_digits()
    with np.load(tmp_path / "train.npz") as train, np.load(tmp_path / "test.npz") as given:
        assert set(train.files) == {"image", "label"}
        assert set(given.files) == {"image"}  # no label for a model to peek at
        assert np.array_equal(given["image"], test.images)
    with (tmp_path / "test.csv").open() as file:
        assert [int(row["label"]) for row in csv.DictReader(file)] == test.labels.tolist()
