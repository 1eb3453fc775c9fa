"""How many reports a second the collector acknowledges durably *and* stores, beside three yardsticks.

In one run, on the same machine: the collector (``inferfleet serve``, embedded engine), a naive service
(``ingest_naive``), a bare ASGI endpoint (``ingest_bare``) and the engine alone (``ingest_engine``). The rate
of the collector counts until the last acknowledged report is in the store, and the rows are counted there
afterwards. Prints one JSON line last.
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

ROOT = Path(__file__).parent.parent
PREDICTIONS_PER_WINDOW = 1074  # the mean of ingest_bodies' choices


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="how long each is measured")
    parser.add_argument("--warmup", type=float, default=3.0)
    parser.add_argument("--connections", type=int, default=48)
    parser.add_argument("--only-collector", action="store_true", help="leave the yardsticks out")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="inferfleet-bench-") as folder:
        result = measure_collector(Path(folder) / "data", options)
        if not options.only_collector:
            bare = measure_server(["benchmarks.ingest_bare"], options)
            naive = measure_server(["benchmarks.ingest_naive", f"{folder}/naive"], options)
            engine = run_json("benchmarks.ingest_engine", f"{folder}/engine", str(options.seconds))
            result |= {
                "ratio_naive": round(result["reports_per_s"] / naive, 2),
                "ratio_http": round(result["reports_per_s"] / bare, 3),
                "ratio_engine": round(result["windows_per_s"] / engine["windows_per_s"], 3),
                "naive_reports_per_s": round(naive, 1),
                "bare_reports_per_s": round(bare, 1),
                "engine_windows_per_s": round(engine["windows_per_s"], 1),
            }
    print(json.dumps({"benchmark": "ingest", "cores": os.cpu_count(), "seconds": options.seconds, **result}))


def measure_collector(data_dir: Path, options: argparse.Namespace) -> dict[str, Any]:
    """The installed command line under load, until everything acknowledged is stored."""
    port = free_port()
    environment = {
        **os.environ,
        "INFERFLEET_DATA_DIR": str(data_dir),
        # One key sends it all: its budget is not what is measured.
        "INFERFLEET_LIMITS__KEY_REPORTS_PER_SECOND": "1000000",
        "INFERFLEET_APPS": json.dumps({"bench": {"keys": ["bench-key"]}}),
    }
    command = [str(Path(sys.executable).parent / "inferfleet"), "serve", "--port", str(port)]
    with server(command, port, environment) as process:
        path = "/v1/report?key=bench-key"
        warm = load(port, path, options.connections, options.warmup, seed=1)
        wait_until_stored(port, warm["accepted"])
        cpu = cpu_seconds(process.pid)
        run = load(port, path, options.connections, options.seconds, seed=2)
        stored_at = wait_until_stored(port, warm["accepted"] + run["accepted"])
        cpu = cpu_seconds(process.pid) - cpu
        rss_mb = peak_rss_mb(process.pid)
    acknowledged = warm["accepted"] + run["accepted"]
    rows = run_json("benchmarks.ingest_count", str(data_dir / "engine"))
    if rows != {"windows": 3 * acknowledged, "batches": acknowledged}:
        raise SystemExit(f"{acknowledged} reports were acknowledged, and the store has {rows}")
    reports_per_s = run["accepted"] / (stored_at - run["started"])
    return {
        "reports_per_s": round(reports_per_s, 1),
        "windows_per_s": round(3 * reports_per_s, 1),
        "predictions_per_s": round(3 * reports_per_s * PREDICTIONS_PER_WINDOW),
        "ack_ms": {"p50": run["p50_ms"], "p99": run["p99_ms"]},
        "rss_mb": rss_mb,
        "cpu_us_per_report": round(cpu / run["accepted"] * 1e6),
        "load_cpu": round(run["load_cpu"], 2),
        "drain_lag_s": round(stored_at - run["ended"], 2),
    }


def measure_server(module: list[str], options: argparse.Namespace) -> float:
    """Reports a second that another server answers."""
    port = free_port()
    name, *arguments = module
    with server([sys.executable, "-m", name, str(port), *arguments], port, dict(os.environ)):
        load(port, "/v1/report", options.connections, options.warmup, seed=1)
        run = load(port, "/v1/report", options.connections, options.seconds, seed=2)
    return float(run["accepted"] / (run["ended"] - run["started"]))


def load(port: int, path: str, connections: int, seconds: float, *, seed: int) -> dict[str, Any]:
    run = run_json("benchmarks.ingest_load", str(port), path, str(connections), str(seconds), str(seed))
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
