"""One backbone with the head that everybody starts with and with the head that suits it, and a student."""

from typing import Any

import tf_keras

SIDE = 8
CLASSES = 10
INPUT = "image"
"""All take [batch, 8, 8, 1] in 0 to 1 by this name, so that each can stand in for another."""


def flatten_head() -> Any:
    """What most tutorials end with: every position of every feature has 512 weights of its own."""
    image = tf_keras.Input((SIDE, SIDE, 1), name=INPUT)
    features = tf_keras.layers.Flatten()(_backbone(image, (32, 64, 128)))
    features = tf_keras.layers.Dropout(0.4)(tf_keras.layers.Dense(512, "relu")(features))
    return tf_keras.Model(image, _scores(features), name="flatten")


def pooled_head() -> Any:
    """The same backbone, each feature averaged over its positions: 128 numbers go into the last layer."""
    image = tf_keras.Input((SIDE, SIDE, 1), name=INPUT)
    features = tf_keras.layers.GlobalAveragePooling2D()(_backbone(image, (32, 64, 128)))
    return tf_keras.Model(image, _scores(features), name="pooled")


def student() -> Any:
    """A narrower backbone, to be taught by a larger network."""
    image = tf_keras.Input((SIDE, SIDE, 1), name=INPUT)
    features = tf_keras.layers.GlobalAveragePooling2D()(_backbone(image, (16, 32, 64)))
    return tf_keras.Model(image, _scores(features), name="distilled")


def _backbone(image: Any, widths: tuple[int, ...]) -> Any:
    """Three convolutions; the last one sees half the resolution. Batch normalization is folded when built."""
    found = image
    for index, width in enumerate(widths):
        if index == len(widths) - 1:
            found = tf_keras.layers.MaxPooling2D()(found)
        found = tf_keras.layers.Conv2D(width, 3, padding="same", use_bias=False)(found)
        found = tf_keras.layers.ReLU()(tf_keras.layers.BatchNormalization()(found))
    return found


def _scores(features: Any) -> Any:
    return tf_keras.layers.Dense(CLASSES, "softmax", name="scores")(features)
