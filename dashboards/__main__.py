"""``python -m dashboards [--check] [OUT]``: writes (or checks) Grafana's files; OUT is ``deploy/grafana``
without one.
"""

import sys
from pathlib import Path

from dashboards.grafana.files import build, check


def main() -> None:
    """What ``make gen`` and ``make check`` call."""
    checking = "--check" in sys.argv[1:]
    names = [argument for argument in sys.argv[1:] if argument != "--check"]
    out = Path(names[0]) if names else Path("deploy/grafana")
    if checking:
        if stale := check(out):
            sys.exit(f"not what the panels define, run `make gen`: {', '.join(map(str, stale))}")
        return
    for path in build(out):
        sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
