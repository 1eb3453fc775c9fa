import fnmatch
import json
import re
from pathlib import Path

from tests.unit.deploy.files import ROOT, dockerfile_steps

STEPS = dockerfile_steps()


def copied_from_context() -> list[str]:
    sources: list[str] = []
    for instruction, rest in STEPS:
        if instruction == "COPY" and "--from=" not in rest:
            sources += rest.split()[:-1]
    return sources


def test_every_copied_file_is_there_and_reaches_the_builder() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    kept = [line[1:] for line in lines if line.startswith("!")]
    assert "*" in lines
    for source in copied_from_context():
        assert (ROOT / source).exists(), source
        assert any(
            source == name or source.startswith(f"{name}/") or name.startswith(f"{source}/") for name in kept
        ), f"{source} is kept out by .dockerignore"


def test_secrets_and_rubbish_stay_out_of_the_builder() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for unwanted in ("**/.env", "**/node_modules", "**/dist", "**/__pycache__"):
        assert unwanted in lines
        assert lines.index(unwanted) > max(n for n, line in enumerate(lines) if line.startswith("!"))
    assert not any(fnmatch.fnmatch("deploy/.env", line[1:]) for line in lines if line.startswith("!"))


def test_every_workspace_manifest_is_copied_before_the_install() -> None:
    workspaces = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["workspaces"]
    install = next(n for n, (_, rest) in enumerate(STEPS) if rest.startswith("npm ci"))
    copied = " ".join(rest for _, rest in STEPS[:install])
    for workspace in workspaces:
        assert f"{workspace}/package.json" in copied


def test_stages_are_named_before_they_are_used() -> None:
    named: set[str] = set()
    for instruction, rest in STEPS:
        if instruction == "FROM" and " AS " in rest:
            named.add(rest.split(" AS ")[1])
        for stage in re.findall(r"--from=(\S+)", rest):
            assert stage in named


def test_the_image_runs_as_nobody_in_particular_and_is_watched() -> None:
    last = max(n for n, (instruction, _) in enumerate(STEPS) if instruction == "FROM")
    runtime = dict(STEPS[last:])
    assert int(runtime["USER"]) > 0
    assert "/healthz" in runtime["HEALTHCHECK"]
    assert json.loads(runtime["ENTRYPOINT"]) == ["inferfleet"]
    assert json.loads(runtime["CMD"]) == ["serve"]


def test_dependencies_are_held_by_their_hashes() -> None:
    (install,) = [rest for _, rest in STEPS if "uv pip install" in rest and "requirements.txt" in rest]
    assert "--require-hashes" in install
    assert "--frozen" in install


def test_no_secret_is_built_in() -> None:
    text = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    assert not re.search(r"(PASSWORD|TOKEN|SECRET|SIGNING_KEY)\s*=", text)
    assert Path(ROOT / "deploy" / ".gitignore").read_text(encoding="utf-8").split() == [".env"]
