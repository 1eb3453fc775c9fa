"""Runs a script of the user's in a process of its own: what it does there stays there."""

import subprocess
import sys
from pathlib import Path

from collector.variants.evaluate.errors import EvaluateError

LIMIT_S = 300


def run_user_script(runner: Path, script: Path, *arguments: object, out: Path, advice: str) -> None:
    """Starts ``runner SCRIPT ARGUMENTS...``, which writes ``out``.

    Raises:
        EvaluateError: it fails, writes nothing, or takes more than 300 s (then with ``advice``). The message
            names the script without its folder, since evaluation.json may keep it.
    """
    command = [sys.executable, str(runner), str(script), *map(str, arguments)]
    try:
        done = subprocess.run(  # noqa: S603 - the script that the user named
            command, capture_output=True, text=True, timeout=LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise EvaluateError(f"{script.name} took more than {LIMIT_S} s: {advice}") from None
    if done.returncode != 0 or not out.is_file():
        lines = done.stderr.strip().splitlines()
        raise EvaluateError(f"{script.name}: {lines[-1] if lines else 'it ended without a word'}")
