"""How much of everything: ``CHAOS_<NAME>`` in the environment overrides a default."""

import os


def size(name: str, default: int) -> int:
    """The size that the environment asks for."""
    return int(os.environ.get(f"CHAOS_{name}", default))


KILLS = size("KILLS", 200)
CLIENTS = size("CLIENTS", 8)
POWER_CUTS = size("POWER_CUTS", 25)
ENGINE_DOWN_SECONDS = size("ENGINE_DOWN_SECONDS", 120)
CUT_OFFS = size("CUT_OFFS", 30)
DISK_MB = size("DISK_MB", 420)
DAMAGES = size("DAMAGES", 12)
ATTACK_SECONDS = size("ATTACK_SECONDS", 20)
SLOW_CLIENTS = size("SLOW_CLIENTS", 400)
FUZZ_REQUESTS = size("FUZZ_REQUESTS", 100_000)
SPOOL_MB = size("SPOOL_MB", 1000)
OVERLOAD_SECONDS = size("OVERLOAD_SECONDS", 600)
SEED = size("SEED", 20261123)
