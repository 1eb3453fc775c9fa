"""How a setup and a build look while they run, and what a build made, in words and a table."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from collector.cli.live_line import LiveLine, bar
from collector.cli.summaries import many
from collector.cli.terminal import print_table

if TYPE_CHECKING:
    from collector.variants import Progress, Step


class StepLine(LiveLine):
    """How far a setup or a build is."""

    def show(self, step: "Step | Progress") -> None:
        """Called when a step begins."""
        if self.due(step.doing):
            self.write(step_line(step, self.seconds), step.doing)


def step_line(step: "Step | Progress", seconds: float) -> str:
    """``[#####     ] 2 of 10, making uint8 (12 s)``."""
    return f"{bar(step.done, step.of)} {step.done} of {step.of}, {step.doing} ({seconds:.0f} s)"


def tell_built(built: Mapping[str, Any]) -> None:
    """A row for each variant, and what to know of them."""
    variants = built["variants"]
    typer.echo(f"{built['folder']}: {many(len(variants), 'variant')} of {built['model']} ({built['engine']})")
    _tell_variants(variants, variants[0]["bytes"])


def tell_added(added: Mapping[str, Any]) -> None:
    """A row for each variant that is new, and what to do next."""
    variants = added["variants"]
    new = [variant for variant in variants if variant["name"] in added["added"]]
    if not new:
        typer.echo(f"{added['folder']} has all of it already: nothing is added")
        return
    typer.echo(
        f"{added['folder']}: {many(len(new), 'variant')} added, {len(variants)} of {added['model']} now"
    )
    _tell_variants(new, variants[0]["bytes"])
    typer.echo(f"nobody has measured them yet: inferfleet variants evaluate {added['folder']}")


def _tell_variants(variants: list[Mapping[str, Any]], whole: int) -> None:
    print_table(
        ("VARIANT", "BYTES", "BROTLI", "OF SOURCE", "REQUESTS", "STORED AS", "KEPT FLOAT32"),
        [
            (
                variant["name"],
                f"{variant['bytes']:,}",
                f"{variant['brotli_bytes']:,}",
                f"{variant['bytes'] / whole:.0%}",
                str(len(variant["files"])),
                ", ".join(f"{weights['count']} {dtype}" for dtype, weights in variant["weights"].items()),
                str(len(variant["kept_float"])),
            )
            for variant in variants
        ],
    )
    for variant in variants:
        for kept in variant["kept_float"]:
            if not kept["why"].startswith(("a scalar", "a constant", "a vector")):
                typer.echo(f"{variant['name']} keeps {kept['name']} in float32: {kept['why']}")
    for warning, names in _by_warning(variants).items():
        typer.echo(f"{', '.join(names)}: {warning}")


def _by_warning(variants: list[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Each warning once, with the variants that have it."""
    found: dict[str, list[str]] = {}
    for variant in variants:
        for warning in variant["warnings"]:
            found.setdefault(warning, []).append(variant["name"])
    return found
