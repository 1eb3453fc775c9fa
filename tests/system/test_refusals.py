"""What keeps a collector from starting: one line on stderr that says what to do, and exit code 1."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.system.conftest import Served, run

pytestmark = pytest.mark.system

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def clickhouse(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Starts a server, the real engine behind a shim, and gives its URL."""
    running: list[subprocess.Popen[str]] = []

    def start(*options: str) -> str:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.clickhouse_shim", "--path", str(tmp_path / "server"), *options],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        running.append(process)
        assert process.stdout is not None
        return process.stdout.readline().strip()

    yield start
    for process in running:
        process.kill()
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()


def refused(folder: Path, command: str, dsn: str, said: str) -> None:
    arguments = (command, "--port", "0") if command == "serve" else (command,)
    done = run(folder, *arguments, INFERFLEET_STORE__DSN=dsn)
    assert done.returncode == 1, done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("inferfleet: ")]
    assert len(lines) == 1, done.stderr
    assert re.search(said, lines[0]), lines[0]
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stderr


@pytest.mark.parametrize("command", ["serve", "migrate"])
@pytest.mark.parametrize(
    ("dsn", "said"),
    [
        ("clickhouse://host/db", "a store DSN begins with chdb://, http:// or https://; write chdb:///"),
        ("chdb://relative/engine", "write three slashes: chdb:///path"),
        ("http://user:hunter2@host:84x3/db", "the store DSN is no URL: percent-encode"),
        ("https://user:hunter2@/db", "the store DSN names no host; write"),
    ],
)
def test_a_dsn_that_is_none(tmp_path: Path, command: str, dsn: str, said: str) -> None:
    refused(tmp_path, command, dsn, said)


def test_a_server_with_an_older_schema_names_the_command_which_then_helps(
    tmp_path: Path, clickhouse: Callable[..., str], serve: Callable[..., Served]
) -> None:
    dsn = f"{clickhouse()}/fleet"
    assert run(tmp_path, "migrate", INFERFLEET_STORE__DSN=dsn).returncode == 0
    down = "import sys; from collector.store.migrate import downgrade; downgrade(sys.argv[1], '0012')"
    subprocess.run([sys.executable, "-c", down, dsn], check=True, cwd=ROOT)
    refused(tmp_path, "serve", dsn, "at revision 0012, this version needs 00..: run `inferfleet migrate`")
    assert run(tmp_path, "migrate", INFERFLEET_STORE__DSN=dsn).returncode == 0
    served = serve(INFERFLEET_STORE__DSN=dsn)
    served.wait_until_up()


def test_a_server_without_tables_an_old_one_and_a_wrong_password(
    tmp_path: Path, clickhouse: Callable[..., str]
) -> None:
    url = clickhouse("--version", "23.8.1.1")
    refused(tmp_path, "serve", f"{url}/fleet", "lacks a table, column or database: run `inferfleet migrate`")
    refused(tmp_path, "serve", f"{url}/default", "needs 24.8 or newer: upgrade the server")
    refused(tmp_path, "migrate", f"{url}/fleet", "needs 24.8 or newer: upgrade the server")
    wrong = url.replace("secret", "hunter2")
    refused(
        tmp_path,
        "serve",
        f"{wrong}/fleet",
        "refused the user: check user and password in INFERFLEET_STORE__DSN",
    )


def test_a_second_collector_on_the_folder_of_the_engine(tmp_path: Path, serve: Callable[..., Served]) -> None:
    url = serve().wait_until_up()
    same = f"chdb://{tmp_path / 'data' / 'engine'}"
    done = run(
        tmp_path, "serve", "--port", "0", INFERFLEET_STORE__DSN=same, INFERFLEET_DATA_DIR=str(tmp_path / "b")
    )
    assert done.returncode == 1
    said = [line for line in done.stderr.splitlines() if line.startswith("inferfleet: ")]
    assert len(said) == 1
    assert "belongs to process" in said[0]
    assert url in said[0]
    assert "stop it, or use a ClickHouse server" in said[0]
