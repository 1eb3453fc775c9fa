"""Honest clients while others attack: the time of their acknowledgements, in turns with and without."""

import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.chaos import sizes
from benchmarks.chaos.served import KEY, Served, identity_holds
from benchmarks.ingest_bodies import make_bodies, write_bodies

ROOT = Path(__file__).parent.parent.parent
HONEST_PER_SECOND = 100
TURNS = 3
MOST_GROWTH_MB = 100
"""How much higher the peak of memory may be in turns with attackers; merges move it as much in any turn."""


def run(folder: Path) -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    write_bodies(folder / "bodies", make_bodies(1000, app="chaos", seed=3))
    served = Served(folder)
    served.wait_until("/readyz")
    port = served.url.rsplit(":", 1)[1]
    _honest(port, folder, seed=1, seconds=5)  # warm
    quiet, attacked = [], []
    met: dict[str, int] = {}
    refused: dict[str, int] = {}
    peaks: dict[str, list[int]] = {"quiet": [], "attacked": []}
    for turn in range(TURNS):
        served.note_memory()
        quiet.append(_honest(port, folder, seed=10 + turn, seconds=sizes.ATTACK_SECONDS))
        peaks["quiet"].append(served.note_memory())
        attack = _start("benchmarks.chaos.attack", port, sizes.ATTACK_SECONDS + 4)
        attacked.append(_honest(port, folder, seed=20 + turn, seconds=sizes.ATTACK_SECONDS))
        _add(met, json.loads(attack.communicate(timeout=600)[0]))
        peaks["attacked"].append(served.note_memory())
    for one in (*quiet, *attacked):
        _add(refused, one["refused"])
    metrics = served.wait_until_drained()
    served.stop()
    faults = served.faults()
    p99 = [statistics.median(one["p99_ms"] for one in turns) for turns in (quiet, attacked)]
    return {
        "turns": TURNS,
        "turn_s": sizes.ATTACK_SECONDS,
        "honest_per_s": HONEST_PER_SECOND,
        "p50_ms": {
            "quiet": [one["p50_ms"] for one in quiet],
            "attacked": [one["p50_ms"] for one in attacked],
        },
        "p99_ms": {
            "quiet": [one["p99_ms"] for one in quiet],
            "attacked": [one["p99_ms"] for one in attacked],
        },
        "p99_ratio": round(p99[1] / p99[0], 2),
        "attackers_met": met,
        "honest_refused": refused,
        "rss_mb_by_turn": peaks,
        "rss_growth_mb": statistics.median(peaks["attacked"]) - statistics.median(peaks["quiet"]),
        "identity_exact": identity_holds(metrics),
        "unhandled": len(faults),
        "faults": faults[:3],
        "rss_mb": served.rss_mb,
    }


def failures(result: dict[str, Any]) -> list[str]:
    """What did not hold."""
    wrong = [name for name in ("honest_refused", "unhandled") if result[name]]
    wrong += [] if result["identity_exact"] else ["identity_exact"]
    wrong += ["rss_growth_mb"] if result["rss_growth_mb"] > MOST_GROWTH_MB else []
    return wrong + (["p99_ratio"] if result["p99_ratio"] > 2 else [])


def _honest(port: str, folder: Path, *, seed: int, seconds: int) -> dict[str, Any]:
    arguments = [f"/v1/report?key={KEY}", folder / "bodies", "--connections", 40, "--seconds", seconds]
    load = _start("benchmarks.ingest_load", port, *arguments, "--seed", seed, "--rate", HONEST_PER_SECOND)
    result: dict[str, Any] = json.loads(load.communicate(timeout=600)[0])
    return result


def _start(module: str, *arguments: object) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", module, *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def _add(total: dict[str, int], some: dict[str, int]) -> None:
    for name, n in some.items():
        total[name] = total.get(name, 0) + n
