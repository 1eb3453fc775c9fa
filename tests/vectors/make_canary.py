"""Makes canary.json: the numbers of the made reference input, and the values that are picked of outputs.

``python -m tests.vectors.make_canary`` rewrites the file. ``inferfleet canary record`` and the SDK both
reproduce it. The hash is computed apart from both, over whole numbers of any size, and positions with exact
fractions.
"""

import json
from fractions import Fraction
from pathlib import Path

FILE = Path(__file__).with_name("canary.json")
WORD = 2**32
INPUTS = [
    ("float32", "0..1", 40),
    ("float32", "-1..1", 40),
    ("float32", "0..255", 40),
    ("float64", "-1..1", 3),
    ("int32", "0..1", 20),
    ("int32", "-1..1", 20),
    ("uint8", "0..255", 40),
    ("int8", "0..255", 40),
    ("int64", "0..255", 5),
    ("bool", "0..255", 20),
    ("bool", "0..1", 20),
    ("float32", "0..1", 0),
]
OUTPUTS = [([2], 32), ([32], 32), ([33], 32), ([1000], 32), ([14336, 896], 32), ([512, 8192, 6144, 384], 32)]
OUTPUTS += [([5, 1000, 1000], 8), ([4, 4, 4], 2), ([3, 0, 9], 6), ([100], 1), ([100_000], 256), ([], 32)]


def noise(i: int) -> Fraction:
    value = (i + 1) * 0x9E3779B1 % WORD
    value ^= value // 2**15
    value = value * 0x85EBCA77 % WORD
    value ^= value // 2**13
    return Fraction(value // 2**8, 2**24)


def number(dtype: str, scale: str, i: int) -> float:
    if dtype == "bool":
        return int(noise(i) * 2)
    if scale == "0..255":
        return int(noise(i) * (128 if dtype == "int8" else 256))
    if not dtype.startswith("float"):
        return int(noise(i) * 2)
    return float(noise(i) * 2 - 1 if scale == "-1..1" else noise(i))


def picks(sizes: list[int], most: int) -> list[list[int]]:
    share, left, taken = max(1, most // max(1, len(sizes))), most, []
    for size in sizes:
        count = min(size, share, left)
        left -= count
        parts = [range(i * size // count, (i + 1) * size // count) for i in range(count)]
        taken.append([part[int(noise(i) * len(part))] for i, part in enumerate(parts)])
    return taken


def main() -> None:
    vectors = {
        "inputs": [
            {"dtype": dtype, "scale": scale, "values": [number(dtype, scale, i) for i in range(size)]}
            for dtype, scale, size in INPUTS
        ],
        "picks": [{"sizes": sizes, "most": most, "positions": picks(sizes, most)} for sizes, most in OUTPUTS],
    }
    FILE.write_text(json.dumps(vectors, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
