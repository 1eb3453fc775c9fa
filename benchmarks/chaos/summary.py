"""The figures of all scenarios as one."""

from collections.abc import Mapping
from typing import Any


def summarise(results: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Sums of what must be nothing, the worst of the rest; None for what was not run."""

    def of(scenario: str, name: str) -> Any:
        return results.get(scenario, {}).get(name)

    def every(name: str) -> list[Any]:
        return [result[name] for result in results.values() if name in result]

    return {
        "kills": of("kills", "kills"),
        "deaths_in_inserts": of("engine_down", "deaths_in_inserts"),
        "acked_lost": sum(every("acked_lost")),
        "stored_twice": sum(every("stored_twice")),
        # There are none: raw windows were faster (docs/adr/0003-storage-layout.md).
        "rollups_equal": None,
        "power_loss_lost": of("power_loss", "acked_lost"),
        "fuzz_requests": of("fuzz", "requests"),
        "unhandled": sum(every("unhandled")),
        "restart_s": of("restart", "ready_s"),
        "identity_exact": all(every("identity_exact")),
        "rss_mb": max(every("rss_mb"), default=None),
    }
