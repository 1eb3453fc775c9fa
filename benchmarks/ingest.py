"""How many reports a second the collector acknowledges durably *and* stores, beside what it is measured
against.

In one run, on the same machine, with the same bodies: the collector (``inferfleet serve``, embedded engine,
merges running), a naive service (``ingest_naive``), a bare ASGI endpoint (``ingest_bare``), the engine alone
(``ingest_engine``), and a peer on equal information (``ingest_otlp``). The rate of the collector counts until
the last acknowledged report is in the store, and the rows are counted there afterwards. After it, half of
that rate by the clock, for the time of an acknowledgement, while the jobs run that are due by then.
``rss_mb`` is the collector's peak and its largest job's together. Prints one JSON line last.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.ingest_bodies import make_bodies, write_bodies
from benchmarks.ingest_otlp_bodies import to_otlp
from benchmarks.job_memory import watched

ROOT = Path(__file__).parent.parent
PREDICTIONS_PER_WINDOW = 1074  # the mean of ingest_bodies' choices


DISTINCT_BODIES = 10_000
"""More than a block holds: no insert has the same report twice. Every request has a batch id of its own."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long each is measured")
    parser.add_argument("--warmup", type=float, default=5.0)
    parser.add_argument("--connections", type=int, default=256)
    parser.add_argument("--only-collector", action="store_true", help="leave the others out")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="inferfleet-bench-") as name:
        folder = Path(name)
        bodies = make_bodies(DISTINCT_BODIES, app="bench", seed=1)
        write_bodies(folder / "bodies", bodies)
        result = measure_collector(folder, options)
        if not options.only_collector:
            result |= measure_others(folder, bodies, result, options)
    print(json.dumps({"benchmark": "ingest", "cores": os.cpu_count(), "seconds": options.seconds, **result}))


def measure_collector(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """The installed command line under load, until everything acknowledged is stored."""
    port = free_port()
    data_dir = folder / "data"
    environment = {
        **os.environ,
        "INFERFLEET_DATA_DIR": str(data_dir),
        # One key sends it all: its budget is not what is measured.
        "INFERFLEET_LIMITS__KEY_REPORTS_PER_SECOND": "1000000",
        "INFERFLEET_APPS": json.dumps({"bench": {"keys": ["bench-key"]}}),
    }
    command = [str(Path(sys.executable).parent / "inferfleet"), "serve", "--port", str(port)]
    path = "/v1/report?key=bench-key"
    with server(command, port, environment) as process, watched(process.pid) as jobs:
        warm = load(port, path, folder / "bodies", options, seed=1, seconds=options.warmup)
        wait_until_stored(port, warm["accepted"])
        cpu = cpu_seconds(process.pid)
        full = load(port, path, folder / "bodies", options, seed=2)
        stored_at = wait_until_stored(port, warm["accepted"] + full["accepted"])
        cpu = cpu_seconds(process.pid) - cpu
        reports_per_s = full["accepted"] / (stored_at - full["started"])
        half = load(port, path, folder / "bodies", options, seed=3, rate=reports_per_s / 2)
        acknowledged = warm["accepted"] + full["accepted"] + half["accepted"]
        wait_until_stored(port, acknowledged)
        rss_mb = peak_rss_mb(process.pid)
    rows = run_json("benchmarks.ingest_count", str(data_dir / "engine"))
    if rows != {"windows": 3 * acknowledged, "batches": acknowledged}:
        raise SystemExit(f"{acknowledged} reports were acknowledged, and the store has {rows}")
    return {
        "reports_per_s": round(reports_per_s, 1),
        "windows_per_s": round(3 * reports_per_s, 1),
        "predictions_per_s": round(3 * reports_per_s * PREDICTIONS_PER_WINDOW),
        "ack_ms": {"p50": half["p50_ms"], "p99": half["p99_ms"]},
        "ack_ms_at_full_load": {"p50": full["p50_ms"], "p99": full["p99_ms"]},
        "rss_mb": rss_mb + jobs.peak_mb,
        "rss_mb_of_jobs": jobs.peak_mb,
        "cpu_us_per_report": round(cpu / full["accepted"] * 1e6),
        "load_cpu_us_per_report": round(load_cpu(full) / full["accepted"] * 1e6),
        "drain_lag_s": round(stored_at - full["ended"], 2),
    }


def measure_others(
    folder: Path, bodies: list[bytes], ours: dict[str, Any], options: argparse.Namespace
) -> dict[str, Any]:
    """What the collector is compared with, and the ratios."""
    bare = measure_server(["benchmarks.ingest_bare"], folder / "bodies", options)
    naive = measure_server(["benchmarks.ingest_naive", f"{folder}/naive"], folder / "bodies", options)
    engine = run_json("benchmarks.ingest_engine", f"{folder}/engine", str(options.seconds))
    translated = [to_otlp(body) for body in bodies]
    write_bodies(folder / "otlp", translated)
    otlp = measure_server(
        ["benchmarks.ingest_otlp", f"{folder}/otlp.sqlite"],
        folder / "otlp",
        options,
        kind="application/x-protobuf",
    )
    cpu_of_ours = ours["cpu_us_per_report"] + ours["load_cpu_us_per_report"]
    return {
        "ratio_naive": round(ours["reports_per_s"] / naive["reports_per_s"], 2),
        "ratio_http": round(ours["reports_per_s"] / bare["reports_per_s"], 3),
        "ratio_http_by_cpu": round(
            (bare["cpu_us_per_report"] + bare["load_cpu_us_per_report"]) / cpu_of_ours, 3
        ),
        "ratio_engine": round(ours["windows_per_s"] / engine["windows_per_s"], 3),
        "bare": bare,
        "naive": naive,
        "engine_windows_per_s": round(engine["windows_per_s"], 1),
        "peers": {
            "otlp_http_sqlite": {
                **otlp,
                "ratio": round(ours["reports_per_s"] / otlp["reports_per_s"], 2),
                "bytes_per_report": sum(map(len, translated)) // len(translated),
                "our_bytes_per_report": sum(map(len, bodies)) // len(bodies),
            }
        },
    }


def measure_server(
    module: list[str], bodies: Path, options: argparse.Namespace, *, kind: str = "application/json"
) -> dict[str, Any]:
    """Reports a second that another server answers, and their CPU time."""
    port = free_port()
    name, *arguments = module
    command = [sys.executable, "-m", name, str(port), *arguments]
    with server(command, port, dict(os.environ)) as process:
        load(port, "/v1/report", bodies, options, seed=1, seconds=options.warmup, kind=kind)
        cpu = cpu_seconds(process.pid)
        run = load(port, "/v1/report", bodies, options, seed=2, kind=kind)
        cpu = cpu_seconds(process.pid) - cpu
    return {
        "reports_per_s": round(run["accepted"] / (run["ended"] - run["started"]), 1),
        "cpu_us_per_report": round(cpu / run["accepted"] * 1e6),
        "load_cpu_us_per_report": round(load_cpu(run) / run["accepted"] * 1e6),
    }


def load_cpu(run: dict[str, Any]) -> float:
    """CPU seconds of the load's own process."""
    return float(run["load_cpu"] * (run["ended"] - run["started"]))


def load(
    port: int,
    path: str,
    bodies: Path,
    options: argparse.Namespace,
    *,
    seed: int,
    seconds: float | None = None,
    rate: float | None = None,
    kind: str = "application/json",
) -> dict[str, Any]:
    arguments = ["--connections", options.connections, "--seconds", seconds or options.seconds]
    arguments += ["--seed", seed, "--type", kind, *(["--rate", rate] if rate else [])]
    run = run_json("benchmarks.ingest_load", str(port), path, str(bodies), *map(str, arguments))
    if run["refused"]:
        raise SystemExit(f"the server refused reports: {run['refused']}")
    return run


def run_json(module: str, *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def wait_until_stored(port: int, reports: int) -> float:
    """When the store had this many reports, epoch seconds."""
    deadline = time.time() + 300
    while time.time() < deadline:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            lines = answer.read().decode().splitlines()
        stored = next(
            (line for line in lines if line.startswith('inferfleet_reports_after_total{outcome="stored"')),
            "0 0",
        )
        if float(stored.split()[-1]) >= reports:
            return time.time()
        time.sleep(0.05)
    raise SystemExit("the drain did not finish within 300 s")


def cpu_seconds(pid: int) -> float:
    """CPU time of a process: tells of waste when the machine is busy with other things, too."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_rss_mb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) // 1024


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def server(command: list[str], port: int, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
    try:
        wait_for_port(port, process)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise SystemExit(f"{process.args!r} ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the server did not come up within 60 s")


if __name__ == "__main__":
    main()
