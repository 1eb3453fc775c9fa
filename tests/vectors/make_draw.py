"""Makes draw.json: where texts fall in [0, 1), which arm of a plan a place falls on, and where installs fall
among those that race a model.

``python -m tests.vectors.make_draw`` rewrites the file. The SDK and the simulated fleet both reproduce it.
The hash is computed apart from both: FNV-1a and murmur3's finaliser over whole numbers of any size, reduced
by division, and held against the published FNV-1a of "foobar". Arms are drawn with exact fractions.
"""

import json
import random
from fractions import Fraction
from pathlib import Path

FILE = Path(__file__).with_name("draw.json")
WORD = 2**32
FNV_OFFSET, FNV_PRIME = 2166136261, 16777619
TEXTS = [
    "",
    "a",
    "foobar",
    "K3Qm5tXw8Zr1YbN7VcJd2g shop blazeface",
    "K3Qm5tXw8Zr1YbN7VcJd2g shop mobilenet_v2",
    "K3Qm5tXw8Zr1YbN7VcJd2h shop blazeface",
    "ünïcödé",
    "\U0001f600",
]
PLANS = [
    [("wasm-simd", "0.05"), ("webgl", "0.9"), ("cpu", "0.05")],
    [("cpu", "0.0005"), ("wasm", "0.0005"), ("wasm-simd-threads", "0.989"), ("webgl", "0.01")],
    [("cpu", "0"), ("webgl", "1")],
    [("wasm", "0.333"), ("webgl", "0.333"), ("webgpu", "0.333"), ("cpu", "0")],
]

RACING = ("lab", "face")  # the app and the model of the SDK's tests of races


def fnv1a(units: list[int]) -> int:
    value = FNV_OFFSET
    for unit in units:
        value = (value ^ unit) * FNV_PRIME % WORD
    return value


def mixed(value: int) -> int:
    value ^= value // 2**16
    value = value * 2246822507 % WORD
    value ^= value // 2**13
    value = value * 3266489909 % WORD
    return value ^ value // 2**16


def utf16(text: str) -> list[int]:
    data = text.encode("utf-16-be")
    return [data[at] * 256 + data[at + 1] for at in range(0, len(data), 2)]


def drawn(plan: list[tuple[str, str]], at: Fraction) -> str:
    up_to = Fraction(0)
    for backend, share in plan:
        up_to += Fraction(share)
        if at < up_to:
            return backend
    return [backend for backend, share in plan if Fraction(share)][-1]


def main() -> None:
    assert fnv1a(utf16("foobar")) == 0xBF9CF968  # as published: http://www.isthe.com/chongo/tech/comp/fnv/
    rng = random.Random(7)
    texts = TEXTS + [f"{rng.getrandbits(62):022d} shop-simulated model-{n}" for n in range(40)]
    hashes = [{"text": text, "at": mixed(fnv1a(utf16(text))) / WORD} for text in texts]
    draws = [
        {
            "arms": [{"backend": backend, "probability": float(share)} for backend, share in plan],
            "at": at,
            "backend": drawn(plan, Fraction(at)),
        }
        for plan in PLANS
        # Not on a bound: there sums of floating point may honestly differ.
        for at in [
            0.0,
            0.0004,
            0.04,
            0.06,
            0.5,
            0.9,
            0.96,
            0.9995,
            *(round(rng.random(), 5) for _ in range(6)),
        ]
    ]
    app, model = RACING
    installs = [f"{rng.getrandbits(62):022d}" for _ in range(6)]
    races = [
        {
            "install": install,
            "app": app,
            "model": model,
            "at": mixed(fnv1a(utf16(f"{install} {app} {model} race"))) / WORD,
        }
        for install in installs
    ]
    vectors = {"hashes": hashes, "draws": draws, "races": races}
    FILE.write_text(json.dumps(vectors, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
