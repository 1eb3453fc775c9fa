"""Runs the demo: ``python -m examples.demo [--once] [--port PORT] [--data-dir FOLDER]``.

``ONCE=1`` in the environment is ``--once``, and ``VARIANTS=0`` is ``--no-variants``.
"""

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import NoReturn

from examples.demo.alertmanager import Alertmanager
from examples.demo.children import Children
from examples.demo.collector_process import MIN_SESSIONS, CollectorProcess
from examples.demo.errors import DemoError
from examples.demo.outcome import find_faults, summarise, tabulate
from examples.demo.ports import take_port
from examples.demo.programs import find_programs
from examples.demo.scenario import FROM_ALERTMANAGER, FROM_COLLECTOR, Run, play
from examples.demo.variants import set_up
from examples.demo.webhook_sink import WebhookSink


def main() -> int:
    """Plays the demo; 0 when all that it shows held, 1 when not, 130 after Ctrl-C."""
    asked = argparse.ArgumentParser(prog="python -m examples.demo", description="The whole loop, for real.")
    asked.add_argument("--once", action="store_true", help="end afterwards, one JSON line last (or ONCE=1)")
    asked.add_argument("--port", type=int, default=0, help="the collector's port; a free one when left out")
    asked.add_argument("--data-dir", type=Path, help="kept afterwards; a temporary folder when left out")
    asked.add_argument("--no-variants", action="store_true", help="without variants (or VARIANTS=0)")
    options = asked.parse_args()
    with_variants = not options.no_variants and os.environ.get("VARIANTS") != "0"
    once = options.once or os.environ.get("ONCE") == "1"
    signal.signal(signal.SIGTERM, _leave)
    # A shell that starts the demo in the background has it ignore Ctrl-C's signal.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with tempfile.TemporaryDirectory(prefix="inferfleet-demo-", ignore_cleanup_errors=True) as temporary:
            return _run(
                _folder(options.data_dir, Path(temporary)),
                options.port,
                once=once,
                with_variants=with_variants,
            )
    except DemoError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ndemo: ended", file=sys.stderr)
        return 130


def _folder(wanted: Path | None, temporary: Path) -> Path:
    if wanted is None:
        return temporary
    if wanted.exists() and any(wanted.iterdir()):
        raise DemoError(
            f"{wanted} is not empty: name a new folder, so that the demo counts its own visits only"
        )
    wanted.mkdir(parents=True, exist_ok=True)
    return wanted.resolve()


def _run(folder: Path, port: int, *, once: bool, with_variants: bool) -> int:
    programs = find_programs()
    with_variants = with_variants and set_up(programs, _say)
    with WebhookSink() as sink, Children(folder) as children:
        alertmanager = Alertmanager(
            children, programs.alertmanager, folder / "alertmanager", sink.url(FROM_ALERTMANAGER)
        )
        collector = CollectorProcess(
            children,
            programs.inferfleet,
            folder,
            take_port(port),
            alertmanager=alertmanager.url,
            webhook=sink.url(FROM_COLLECTOR),
        )
        collector.start()
        _say(f"→ Collector on {collector.url}, logs in {folder}")
        _say(f"  Open {collector.url}/?range=1h now: its charts grow while the demo runs.")
        _say(f"  Demo setting: {MIN_SESSIONS} visits on a backend are enough to decide, instead of 20.")
        _say("  Demo setting: visits of automated browsers count, since all visits here are automated.")
        _say("  Visitors have a line of 8 Mbit/s and pay by the byte: the objective is small-download.")
        run = play(children, programs, collector, alertmanager, sink, _say, with_variants=with_variants)
        summary = summarise(run)
        faults = find_faults(summary)
        _show(run, faults)
        if not once and not faults:
            collector.start()
            _stay(collector, alertmanager, children)
    if once:
        print(json.dumps(summary))
    return 1 if faults else 0


def _show(run: Run, faults: list[str]) -> None:
    rows = tabulate(run.visits)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    print()
    for row in rows:
        cells = [
            text.ljust(width) if index < 3 else text.rjust(width)
            for index, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  " + "  ".join(cells))
    print()
    print("\n".join("  " + line for line in run.explanation.rstrip().splitlines()))
    print(flush=True)
    for fault in faults:
        print(f"demo: {fault}", file=sys.stderr)


def _stay(collector: CollectorProcess, alertmanager: Alertmanager, children: Children) -> None:
    """Until Ctrl-C, or until the collector ends by itself."""
    print(f"  Fleet page    {collector.url}/?range=1h")
    print(f"  Example page  {collector.url}/demo/?key={collector.key}")
    print(f"  Metrics       {collector.url}/metrics")
    print(f"  Alertmanager  {alertmanager.url}/")
    print("\n  All of it runs until Ctrl-C.", flush=True)
    while True:
        time.sleep(1)
        children.require("collector")


def _say(text: str) -> None:
    print(text, flush=True)


def _leave(number: int, frame: object) -> NoReturn:
    # As an exception, so that every context is left and every child ends.
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
