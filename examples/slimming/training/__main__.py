"""Trains the networks, with the Python of the converters: ``python -m training DATA FOLDER [EPOCHS]``."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras

from .heads import flatten_head, pooled_head, student
from .lessons import SEED, from_labels, from_teacher, pruned

EPOCHS = 40
SPARSITY = 0.9
ROUNDS = 5


def main() -> None:
    """Writes flatten.h5, pooled.h5, pruned.h5 and distilled.h5; says on a line of JSON when one is done."""
    data, folder = Path(sys.argv[1]), Path(sys.argv[2])
    epochs = int(sys.argv[3]) if len(sys.argv) > 3 else EPOCHS
    tf.config.experimental.enable_op_determinism()
    with np.load(data) as arrays:
        examples = (arrays["image"], arrays["label"])
    flatten, pooled, small = fresh(flatten_head), fresh(pooled_head), fresh(student)
    learn("flatten", flatten, folder, lambda: from_labels(flatten, examples, epochs))
    learn("pooled", pooled, folder, lambda: from_labels(pooled, examples, epochs))
    learn("pruned", flatten, folder, lambda: pruned(flatten, examples, SPARSITY, ROUNDS, -(-epochs // 10)))
    learn("distilled", small, folder, lambda: from_teacher(small, pooled, examples, epochs))


def fresh(make: Callable[[], Any]) -> Any:
    """A network with the same first weights in every run."""
    tf_keras.utils.set_random_seed(SEED)
    return make()


def learn(name: str, model: Any, folder: Path, train: Callable[[], None]) -> None:
    """Trains and saves. The seed is set again, since the layers that drop out draw from it."""
    tf_keras.utils.set_random_seed(SEED)
    began = time.monotonic()
    train()
    draft = folder / f"{name}.part.h5"  # a file of its name is whole, and is not trained again
    model.save(draft, include_optimizer=False)
    draft.replace(folder / f"{name}.h5")
    print(json.dumps({"model": name, "seconds": round(time.monotonic() - began, 1)}), flush=True)


main()
