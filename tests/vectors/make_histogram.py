"""Makes histogram.json: what the log histogram gives, computed apart from it with 60-digit decimals.

``python -m tests.vectors.make_histogram`` rewrites the file. Python, TypeScript and SQL all reproduce it.
Values that fall within 1e-9 of a bucket's bound are left out: there floating point may honestly differ.
"""

import json
import random
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, getcontext
from pathlib import Path

getcontext().prec = 60
RATIO = Decimal("1.04")
LOG_RATIO = RATIO.ln()
LEAST, MOST = -177, 385
FILE = Path(__file__).with_name("histogram.json")


def exact_bucket(value: float) -> int | None:
    if value <= 0:
        return LEAST
    position = Decimal(value).ln() / LOG_RATIO
    if abs(position - position.to_integral_value()) < Decimal("1e-9"):
        return None
    return max(LEAST, min(MOST, int(position.to_integral_value(rounding=ROUND_FLOOR))))


def exact_value(bucket: int) -> float:
    return float(((Decimal(bucket) + Decimal("0.5")) * LOG_RATIO).exp())


def exact_quantile(samples: list[int], q: str) -> float:
    rank = max(1, int((Decimal(q) * len(samples)).to_integral_value(rounding=ROUND_CEILING)))
    return exact_value(sorted(samples)[rank - 1])


def histogram_of(samples: list[int]) -> dict[str, int]:
    return {str(bucket): samples.count(bucket) for bucket in sorted(set(samples))}


def merges(rng: random.Random) -> list[dict[str, object]]:
    shapes = {
        "one value": [[57]],
        "steady 16 ms": [
            [rng.gauss(2.77, 0.1) for _ in range(200)],
            [rng.gauss(2.8, 0.1) for _ in range(150)],
        ],
        "warm-up and steady": [[8.7], [rng.gauss(2.9, 0.3) for _ in range(300)]],
        "microseconds": [[rng.gauss(-4.5, 1.0) for _ in range(100)] for _ in range(3)],
        "two modes": [[rng.gauss(1.0, 0.2) for _ in range(99)], [rng.gauss(6.0, 0.2) for _ in range(101)]],
    }
    made = []
    for name, logs in shapes.items():
        parts = []
        for part in logs:
            if name == "one value":
                parts.append([int(part[0])])
                continue
            buckets = [exact_bucket(float(Decimal(log).exp())) for log in part]
            parts.append([bucket for bucket in buckets if bucket is not None])
        merged = [bucket for part in parts for bucket in part]
        made.append(
            {
                "name": name,
                "parts": [histogram_of(part) for part in parts],
                "merged": histogram_of(merged),
                "quantiles": {
                    q: exact_quantile(merged, q) for q in ("0", "0.01", "0.5", "0.75", "0.95", "1")
                },
            }
        )
    return made


def main() -> None:
    rng = random.Random(20)
    values = [0.0, -1.0, 1e-9, 0.0009, 0.001, 0.01, 0.1, 0.5, 0.999999, 1.000001, 1.5, 2.0, 16.7, 33.4, 100.0]
    values += [1234.5, 6015.0, 3.5e6, 3.6e6, 1e9, *(rng.lognormvariate(2, 3) for _ in range(100))]
    encodings = [
        {"histogram": {"57": 3}, "buckets": [57], "counts": [3]},
        {
            "histogram": {"-177": 1, "-3": 2, "0": 4, "385": 5},
            "buckets": [-177],
            "counts": [1, -173, 2, -2, 4, -384, 5],
        },
        {"histogram": {"12": 9, "10": 7, "11": 8}, "buckets": [10], "counts": [7, 8, 9]},
        {"histogram": {"0": 1, "1": 2}, "buckets": [0], "counts": [1, 2]},
    ]
    vectors = {
        "ratio": 1.04,
        "buckets": [
            {"value_ms": value, "bucket": bucket}
            for value in values
            if (bucket := exact_bucket(value)) is not None
        ],
        "values": [
            {"bucket": bucket, "value_ms": exact_value(bucket)}
            for bucket in (LEAST, -20, -1, 0, 1, 57, 200, MOST)
        ],
        "merges": merges(rng),
        "encodings": encodings,
    }
    FILE.write_text(json.dumps(vectors, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
