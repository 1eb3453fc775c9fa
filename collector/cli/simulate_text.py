"""What a simulated fleet looks like while it runs, and what it learned, in words and a table."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from collector.cli.progress_bar import bar
from collector.cli.summaries import many
from collector.cli.terminal import print_table

if TYPE_CHECKING:
    from collector.simulate import Progress

WRONG_SHOWN = 12


def bar_line(progress: "Progress", seconds: float) -> str:
    """``[#####     ] 1,200 of 3,000 sessions, 410/s, deciding``."""
    pace = f"{progress.sessions / seconds:,.0f}/s" if seconds > 0 else "-"
    return (
        f"{bar(progress.sessions, progress.of)} {progress.sessions:,} of {many(progress.of, 'session')}, "
        f"{pace}, {progress.doing}"
    )


def tell_outcome(outcome: Mapping[str, Any]) -> None:
    """The curve, the cells that are wrong at the end, and how to take it all away."""
    reported = outcome["reported"]
    hostile = f", {outcome['hostile']:,} of them hostile" if outcome["hostile"] else ""
    typer.echo(
        f"played {many(outcome['sessions'], 'session')}{hostile} on {many(outcome['cells'], 'cell')} "
        f"({many(outcome['devices'], 'device')}) in {outcome['seconds']:,.0f} s: "
        f"{many(reported['reports'], 'report')}, {many(reported['accepted'], 'item')} accepted"
    )
    for reason, items in reported["rejected"].items():
        typer.echo(f"  rejected: {many(items, 'item')} ({reason})")
    if reported["duplicate"]:
        typer.echo(f"  sent twice and stored once: {many(reported['duplicate'], 'item')}")
    if reported["asked_to_wait"]:
        typer.echo(f"  the collector asked to wait {many(reported['asked_to_wait'], 'time')}")
    print_table(
        (
            "SESSIONS A CELL",
            "WRONG CELLS",
            "COST OVER BEST",
            "WORST CELL",
            "WASTED SO FAR",
            "BY DEFAULT",
            "CONFIG",
        ),
        [
            (
                f"{point['sessions_a_cell']:,.1f}",
                f"{point['wrong']} of {outcome['cells']}",
                f"{point['geo']:.3f}",
                f"{point['worst']:.2f}",
                f"{point['wasted']:.1%}",
                f"{point['wasted_default']:.1%}",
                str(point["config_version"]),
            )
            for point in outcome["curve"]
        ],
    )
    typer.echo(_verdict(outcome))
    wrong = sorted(
        (state for state in outcome["states"] if state["wrong"]), key=lambda state: -state["times"]
    )
    for state in wrong[:WRONG_SHOWN]:
        device = " ".join(part for part in (state["device"], state["browser"]) if part)
        typer.echo(
            f"  {device}, {state['model']}: runs {state['runs']}, best is {state['best']} "
            f"({state['times']:.2f} times its cost)"
        )
    if len(wrong) > WRONG_SHOWN:
        typer.echo(f"  and {len(wrong) - WRONG_SHOWN} more")
    typer.echo(f"to take all of it away: inferfleet delete --app {outcome['app']} --yes")


def _verdict(outcome: Mapping[str, Any]) -> str:
    right = outcome["first_right_at"]
    learned = (
        "not every cell is right"
        if right is None
        else f"every cell is right from {right:,.1f} sessions a cell on"
    )
    races = f" ({many(outcome['races'], 'race')} took {outcome['raced']:.1%})" if outcome["races"] else ""
    return (
        f"{learned}; visitors waited {outcome['wasted']:.1%} of their time for nothing{races}, "
        f"by the engine's default {outcome['wasted_default']:.1%}"
    )
