"""Runs the example: ``python -m examples.slimming make | serve [--once]``."""

import argparse
import fcntl
import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from examples.demo.errors import DemoError
from examples.slimming.errors import SlimmingError
from examples.slimming.making import make
from examples.slimming.serving import serve

FOLDER = Path(__file__).parent / "work"


def main() -> int:
    """0 when all steps were done, 1 when one was not, 130 after Ctrl-C."""
    asked = argparse.ArgumentParser(prog="python -m examples.slimming", description="A model made small.")
    asked.add_argument("--folder", type=Path, default=FOLDER, help="where everything is written")
    steps = asked.add_subparsers(dest="step", required=True)
    steps.add_parser("make", help="train, build, add, evaluate, draw")
    serving = steps.add_parser(
        "serve", help="publish, register, decide, and serve a page that loads the choice"
    )
    serving.add_argument(
        "--once", action="store_true", help="end after the last visit, one line of JSON last"
    )
    options = asked.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    folder = options.folder.resolve()
    try:
        with alone(folder):
            if options.step == "make":
                make(folder)
            else:
                shown = serve(folder, once=options.once)
                if options.once:
                    print(json.dumps(shown))
    except OSError as error:
        print(f"slimming: {error.filename or folder}: {error.strerror or error}", file=sys.stderr)
        return 1
    except (SlimmingError, DemoError) as error:
        print(f"slimming: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nslimming: ended", file=sys.stderr)
        return 130
    return 0


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Holds the folder until the end: a second call would delete what the first one serves.

    Raises:
        SlimmingError: another call works in it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    held = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SlimmingError(
                f"another call works in {folder}: end it first, or name another --folder"
            ) from error
        yield
    finally:
        os.close(held)


if __name__ == "__main__":
    sys.exit(main())
