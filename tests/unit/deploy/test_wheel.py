"""The wheel, installed where the source tree is not, does what the image's does."""

import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.unit.deploy.files import ROOT


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("INFERFLEET_")}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def uv() -> str:
    """The uv that ``make setup`` uses: the one on PATH, or its own."""
    return run(ROOT / "deploy" / "setup" / "uv.sh", cwd=ROOT).strip().splitlines()[-1]


@pytest.fixture(scope="module")
def wheel(uv: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    assert (ROOT / "dashboards/fleet_page/dist/index.html").is_file(), (
        "the fleet page is not built: npm run build"
    )
    run(uv, "build", "--wheel", "--out-dir", out, ROOT, cwd=out)
    (built,) = out.glob("*.whl")
    return built


def test_the_wheel_holds_all_that_runs_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "dashboards/fleet_page/dist/index.html" in names
    assert any(name.startswith("collector/store/alembic/versions/") for name in names)
    assert any(name.startswith("collector/store/queries/") for name in names)
    assert "collector/variants/converters/requirements.txt" in names
    assert "collector/variants/converters/inferfleet_converters/__main__.py" in names
    assert not [name for name in names if "__pycache__" in name]
    assert not [name for name in names if "node_modules" in name or name.startswith("tests/")]


def test_the_installed_wheel_runs_and_migrates(uv: str, wheel: Path, tmp_path: Path) -> None:
    """In a fresh environment with the locked dependencies, and ClickHouse inside."""
    requirements = tmp_path / "requirements.txt"
    run(
        uv,
        "export",
        "--frozen",
        "--no-default-groups",
        "--no-emit-project",
        "--extra",
        "embedded",
        "-o",
        requirements,
        cwd=ROOT,
    )
    venv = tmp_path / "venv"
    run(uv, "venv", "--no-project", venv, cwd=tmp_path)
    run(uv, "pip", "install", "--require-hashes", "-r", requirements, cwd=tmp_path, VIRTUAL_ENV=str(venv))
    run(uv, "pip", "install", "--no-deps", wheel, cwd=tmp_path, VIRTUAL_ENV=str(venv))
    inferfleet = venv / "bin" / "inferfleet"
    help_text = run(inferfleet, "--help", cwd=tmp_path)
    assert "serve" in help_text
    assert "migrate" in help_text
    data = tmp_path / "data"
    answer = run(inferfleet, "migrate", cwd=tmp_path, INFERFLEET_DATA_DIR=str(data))
    assert "is at revision" in answer

    # The wheel brings the converters' source, which a run without an environment for them says.
    built = subprocess.run(
        [inferfleet, "variants", "build", "model.onnx", "--to", "out"],
        cwd=tmp_path,
        env={**os.environ, "INFERFLEET_CACHE_DIR": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert built.returncode == 1
    assert "run `inferfleet variants setup`" in built.stderr
