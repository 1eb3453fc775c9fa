"""Ways to train: from labels, under a mask that keeps pruned weights at 0, and from a teacher's answers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras

from .heads import CLASSES

SEED = 7
LARGE = 4096
"""Values up to which a weight is not worth pruning."""
BATCH = 64
STEP = 2e-3
SMOOTHING = 0.05
Examples = tuple[np.ndarray, np.ndarray]
"""Pictures [count, 8, 8, 1] in 0 to 1, and their classes."""
Masks = Sequence[tuple[Any, Any]]
"""A weight, and 1 for each of its values that may be other than 0."""


def from_labels(model: Any, examples: Examples, epochs: int) -> None:
    """Trains on labels, smoothed a little, with pictures shifted by up to a pixel."""
    images, labels = examples
    _fit(model, images, _smoothed(labels), epochs, STEP)


def pruned(model: Any, examples: Examples, sparsity: float, rounds: int, epochs: int) -> None:
    """Sets the smallest weights of each large layer to 0, in rounds, and trains what is left after each.

    A weight that was set to 0 stays 0: a mask puts it back after every step.
    """
    images, labels = examples
    large = [each for each in model.trainable_weights if each.shape.rank > 1 and np.prod(each.shape) > LARGE]
    for number in range(1, rounds + 1):
        # Most goes in the first rounds, when there is most to spare (Zhu and Gupta 2017).
        share = sparsity * (1 - (1 - number / rounds) ** 3)
        masks = []
        for weight in large:
            least = np.quantile(np.abs(weight.numpy()), share)
            masks.append((weight, tf.cast(tf.abs(weight) > least, weight.dtype)))
        _apply(masks)
        _fit(model, images, _smoothed(labels), epochs, STEP / 4, masks=masks)


def from_teacher(model: Any, teacher: Any, examples: Examples, epochs: int) -> None:
    """Trains on labels and, as much, on what a teacher answers to the same shifted pictures."""
    images, labels = examples
    _fit(model, images, np.eye(CLASSES, dtype=np.float32)[labels], epochs, STEP, teacher=teacher)


def _smoothed(labels: np.ndarray) -> np.ndarray:
    sure: np.ndarray = np.eye(CLASSES, dtype=np.float32)[labels] * (1 - SMOOTHING) + SMOOTHING / CLASSES
    return sure


def _fit(
    model: Any,
    images: np.ndarray,
    wanted: np.ndarray,
    epochs: int,
    step: float,
    *,
    teacher: Any = None,
    masks: Masks = (),
) -> None:
    """The step size falls to 0 by a cosine; the pictures are shifted anew in each epoch."""
    count = -(-len(images) // BATCH) * epochs
    optimizer = tf_keras.optimizers.legacy.Adam(tf_keras.optimizers.schedules.CosineDecay(step, count))
    loss = tf_keras.losses.CategoricalCrossentropy()
    chance = np.random.default_rng(SEED)

    def learn(shown: Any, answers: Any) -> None:
        with tf.GradientTape() as tape:
            off = loss(answers, model(shown, training=True))
        weights = model.trainable_weights
        optimizer.apply_gradients(zip(tape.gradient(off, weights), weights, strict=True))

    learn = tf.function(learn)
    for _ in range(epochs):
        shown = shifted(images, chance)
        answers = wanted if teacher is None else (wanted + teacher.predict_on_batch(shown)) / 2
        order = chance.permutation(len(images))
        for at in range(0, len(order), BATCH):
            some = order[at : at + BATCH]
            learn(tf.constant(shown[some]), tf.constant(answers[some]))
            _apply(masks)


def shifted(images: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Each picture moved by -1, 0 or 1 pixels in both directions; what comes in is empty."""
    wide = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    side = images.shape[1]
    down, right = chance.integers(0, 3, (2, len(images)))
    return np.stack(
        [wide[i, d : d + side, r : r + side] for i, (d, r) in enumerate(zip(down, right, strict=True))]
    )


def _apply(masks: Masks) -> None:
    for weight, mask in masks:
        weight.assign(weight * mask)
