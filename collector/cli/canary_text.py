"""What the commands on canaries print for people."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from collector.cli.terminal import print_table

if TYPE_CHECKING:
    from collector.models import CanaryHistory, CanaryList, CanaryView
    from collector.variants.canary import Recording

_FUNCTIONS = {"tfjs": ("tfjsCanary", "tf"), "ort": ("ortCanary", "ort")}


def tell_recorded(folder: Path, recording: "Recording", kept: "CanaryView") -> None:
    """What was recorded, what it catches, and what the page needs."""
    version = kept.recorded
    what = f"is recorded, version {version.version}" if kept.changed else "was recorded so before"
    typer.echo(f"{version.model}: canary {version.canary_id} {what}")
    _tell_content(version.canary.model_dump(mode="json"), version.evidence)
    _tell_left_out(kept)
    typer.echo("In the page:")
    for line in snippet(recording):
        typer.echo(f"  {line}")
    if recording.input.kind == "given":
        typer.echo(f"Serve {folder / 'canary_input.bin'} as /canary_input.bin, or wherever `input` says.")
    typer.echo(f"`inferfleet publish --app {version.app}` sends the canary to pages.")


def snippet(recording: "Recording") -> list[str]:
    """The lines that a page needs, with what differs from the defaults."""
    function, library = _FUNCTIONS[recording.engine]
    options = [f"id: '{recording.canary.id}'"]
    if recording.input.kind == "given":
        options.append("input: '/canary_input.bin'")
        digest = base64.b64encode(bytes.fromhex(recording.input.sha256 or "")).decode()
        options.append(f"integrity: 'sha256-{digest}'")
    elif recording.input.scale != "0..1":
        options.append(f"scale: '{recording.input.scale}'")
    if recording.values != 32:
        options.append(f"values: {recording.values}")
    return [
        f"import {{ {function} }} from 'inferfleet/canary';",
        f"check: {{ canary: {function}({library}, {{ {', '.join(options)} }}) }}",
    ]


def tell_canaries(found: "CanaryList") -> None:
    """A table, and what is left out."""
    print_table(
        ("MODEL", "CANARY", "VALUES", "VARIANTS", "NEXT PUBLICATION", "RECORDED", "BY"),
        [
            (
                each.recorded.model,
                each.recorded.canary_id,
                str(len(each.recorded.canary.references[0].values)),
                ",".join(name for part in each.recorded.canary.references for name in part.variants),
                "has it" if each.published else "leaves it out",
                f"{each.recorded.created_at:%Y-%m-%d %H:%M}",
                each.recorded.author,
            )
            for each in found.canaries
        ],
    )
    for each in found.canaries:
        _tell_left_out(each)


def tell_canary(found: "CanaryHistory") -> None:
    """One canary with its figures, and its history."""
    version = found.canary.recorded
    typer.echo(f"{version.model}: canary {version.canary_id}{' (removed)' if version.removed else ''}")
    _tell_content(version.canary.model_dump(mode="json"), version.evidence)
    _tell_left_out(found.canary)
    print_table(
        ("VERSION", "AT", "BY", "ACTION", "CANARY", "NOTE"),
        [
            (
                str(each.version),
                f"{each.created_at:%Y-%m-%d %H:%M}",
                each.author,
                each.action,
                each.canary_id,
                each.note,
            )
            for each in found.history
        ],
    )


def _tell_content(canary: Mapping[str, Any], evidence: Mapping[str, Any]) -> None:
    for part in canary["references"]:
        widest, least = max(part["tolerances"]), min(part["tolerances"])
        tolerance = f"{widest:g}" if widest == least else f"{least:g} to {widest:g}"
        typer.echo(f"  {', '.join(part['variants'])}: {len(part['values'])} values, each within {tolerance}")
    if shares := evidence.get("tolerances"):
        halves = "with" if evidence.get("half_floats") else "without"
        typer.echo(
            f"  a tolerance is at most {max(shares):.2%} of an output's largest value, measured {halves} "
            "half floats"
        )
    if agreeing := evidence.get("agreeing"):
        typer.echo(f"  backends that agree: {', '.join(agreeing)}")
    for backend, away in evidence.get("caught", {}).items():
        how = "its answer is not finite" if away is None else f"it is {away:g} tolerances away"
        typer.echo(f"  it catches {backend}, which computes wrong: {how}")


def _tell_left_out(view: "CanaryView") -> None:
    for sentence in view.left_out:
        typer.echo(f"  left out of the next publication: {sentence}")
