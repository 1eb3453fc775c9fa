"""What operations did, in sentences and tables. Each takes the operation's summary as JSON has it."""

from collections.abc import Mapping
from typing import Any

import typer

from collector.cli.terminal import print_table

Summary = Mapping[str, Any]


def tell_recommend(summary: Summary) -> None:
    """How much was read, what was decided, and what was left out."""
    apps = ", ".join(summary["apps"]) or "no app has reported lately"
    states = ", ".join(f"{count} {state}" for state, count in summary["decided"].items()) or "none"
    typer.echo(f"read {many(summary['visits'], 'session-day')} ({apps}); decisions: {states}")
    if summary["automated"]:
        typer.echo(f"left out: {many(summary['automated'], 'session-day')} of automated browsers")
    if summary["watched"]:
        typer.echo(f"left out: {many(summary['watched'], 'model')} that no plan can steer")
    if not summary["outcomes"]:
        return
    print_table(
        ("APP", "MODEL", "DEVICE CLASS", "STATE", "BACKEND", "VARIANT"),
        [
            (
                outcome["app"],
                outcome["model"],
                outcome["device_class"],
                outcome["state"],
                outcome["backend"] or "-",
                outcome["variant"] or "-",
            )
            for outcome in summary["outcomes"]
        ],
    )


def tell_publish(summary: Summary) -> None:
    """A line for each app; what was refused below it."""
    if not summary["publications"]:
        typer.echo("no app has a decision to publish: run `inferfleet recommend` first")
    for made in summary["publications"]:
        version = made["version"]
        if made["published"]:
            typer.echo(f"{made['app']}: version {version} is published ({made['reason']})")
        else:
            kept = f"version {version} stays" if version else "no version is published"
            typer.echo(f"{made['app']}: {kept} ({made['reason']})")
        for arm in made["refused"]:
            typer.echo(f"  left out: {arm}")
    for file in summary.get("files", ()):
        typer.echo(f"written: {file}")


def tell_leaks(summary: Summary) -> None:
    """What was looked at, each finding, and whom it was told."""
    _tell_findings(f"looked at {many(summary['sessions'], 'session')}", summary)


def tell_regressions(summary: Summary) -> None:
    """What was compared, each finding, what was held back, and whom it was told."""
    held = ", ".join(f"{count} {why.replace('_', ' ')}" for why, count in summary["held_back"].items())
    looked = f"compared {many(summary['votes'], 'session-day')}{f' (held back: {held})' if held else ''}"
    _tell_findings(looked, summary)


def _tell_findings(looked: str, summary: Summary) -> None:
    typer.echo(
        f"{looked}; findings: {summary['opened']} new, {summary['still_open']} still open, "
        f"{summary['resolved']} resolved"
    )
    for finding in summary["findings"]:
        typer.echo(f"  {finding['state']} {finding['finding_id']}: {finding['summary']}")
    targets = summary["delivery"]["targets"]
    if targets and targets[0].get("waiting"):
        typer.echo(f"not told now: {many(targets[0]['waiting'], 'finding')} (docs/alerts.md#when-it-is-told)")
    for target in targets:
        told = f"{target['delivered']} delivered, {target['told_before']} known already"
        failed = target["refused"] + target["owed"]
        trouble = f", {failed} not delivered: {target['error'] or 'no answer'}" if failed else ""
        typer.echo(f"told {target['target']}: {told}{trouble}")


def tell_expire(summary: Summary) -> None:
    """Rows by app and table."""
    if not summary["expired"]:
        typer.echo("no event was older than its app keeps it")
    for app, rows in summary["expired"].items():
        typer.echo(f"{app}: deleted {rows_of(rows)}")


def tell_delete(summary: Summary) -> None:
    """Rows by table, and reports that the spool had set aside."""
    of = f"session {summary['session']} of {summary['app']}" if summary["session"] else summary["app"]
    typer.echo(f"{of}: deleted {rows_of(summary['rows'])}")
    if summary["quarantined"]:
        typer.echo(f"{of}: deleted {many(summary['quarantined'], 'quarantined report')}")


def tell_backup(summary: Summary) -> None:
    """Where the backup is, and how much is in it."""
    typer.echo(f"the backup is in {summary['folder']}: {_size(summary)}")


def tell_restore(summary: Summary) -> None:
    """What the data folder was made from."""
    typer.echo(f"the data folder is made from {summary['folder']}: {_size(summary)}")


def rows_of(rows: Mapping[str, int]) -> str:
    """``12 rows (windows 8, loads 4)``."""
    by_table = ", ".join(f"{table} {count:,}" for table, count in rows.items() if count)
    return many(sum(rows.values()), "row") + (f" ({by_table})" if by_table else "")


def many(count: int, what: str) -> str:
    """``1 row``, ``1,200 rows``."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _size(summary: Summary) -> str:
    rows = many(sum(summary["rows"].values()), "row")
    megabytes = summary["bytes"] / 1e6
    return f"{rows}, {many(summary['files'], 'file')}, {megabytes:,.1f} MB"
