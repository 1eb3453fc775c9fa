"""``inferfleet simulate``: plays a table as a fleet, and shows how fast it is learned from."""

# ruff: noqa: PLC0415 - a command loads only what it needs: `--help` must not wait for an engine

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from collector.cli.options import Json, OneApp
from collector.cli.progress_bar import ProgressBar
from collector.cli.simulate_text import bar_line, tell_outcome
from collector.cli.terminal import fail, print_model

if TYPE_CHECKING:
    from collector.simulate import Outcome, Progress, Script

SUFFIX = "simulated"
LieName = Literal["fast", "crowd", "incidents", "races"]
"""Those of ``collector.simulate.Lie``, which would load numpy."""


def simulate(
    table: Annotated[
        Path, typer.Option(metavar="FILE", help="CSV: device,model,backend,ms and more (docs/simulate.md).")
    ],
    sessions: Annotated[int, typer.Option(metavar="N", min=1, max=10_000_000, help="Sessions in all.")],
    to: Annotated[str, typer.Option(metavar="URL", help="The collector that is played to.")],
    app: OneApp,
    *,
    key: Annotated[
        str, typer.Option(metavar="KEY", envvar="INFERFLEET_WRITE_KEY", help="The app's write key.")
    ] = "",
    decide_every: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Run recommend and publish after every N sessions, with the admin token.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="The same seed, the same visitors.")] = 0,
    days: Annotated[
        float,
        typer.Option(
            metavar="DAYS",
            min=0,
            max=1.9,
            help="Spread the sessions over these days before now, day and night.",
        ),
    ] = 1.0,
    predictions: Annotated[
        int, typer.Option(metavar="N", min=1, max=500, help="Predictions of a usual session.")
    ] = 40,
    device_sd: Annotated[
        float, typer.Option(metavar="SD", min=0, max=2, help="Log-sd between devices of one name.")
    ] = 0.2,
    session_sd: Annotated[
        float, typer.Option(metavar="SD", min=0, max=2, help="Log-sd between sessions of one device.")
    ] = 0.2,
    hostile: Annotated[
        float,
        typer.Option(metavar="SHARE", min=0, max=1, help="Share of sessions that make their reports up."),
    ] = 0.0,
    lie: Annotated[LieName, typer.Option(help="What hostile sessions claim.")] = "fast",
    drift: Annotated[
        float | None,
        typer.Option(
            metavar="TIMES",
            min=1,
            max=1000,
            help="After half of the sessions, each cell's best arm is so many times slower.",
        ),
    ] = None,
    races: Annotated[
        bool, typer.Option("--races/--no-races", help="Whether the pages can race, when the plan has them.")
    ] = True,
    tie: Annotated[
        float, typer.Option(metavar="SHARE", min=0, max=1, help="Arms so close to the best are as good.")
    ] = 0.05,
    at_once: Annotated[
        int, typer.Option(metavar="N", min=1, max=256, help="Most sessions under way at one time.")
    ] = 16,
    as_json: Json = False,
) -> None:
    """Play a table of measurements as a fleet, and show how fast decisions get right."""
    if not (app == SUFFIX or app.endswith(f"-{SUFFIX}")):
        fail(
            f"made-up sessions go to an app of their own, whose name ends in -{SUFFIX}: "
            f"`inferfleet apps add --app {app}-{SUFFIX}` makes one. So no decision about real visitors rests "
            f"on them, and `inferfleet delete --app {app}-{SUFFIX} --yes` takes all of them away"
        )
    if not key:
        fail(f"no write key: set INFERFLEET_WRITE_KEY to one that `inferfleet keys add --app {app}` makes")
    _check_address(to)
    from collector.simulate import Fleet, Lie, Script

    fleet = Fleet(
        sessions=sessions,
        seed=seed,
        predictions=predictions,
        device_sd=device_sd,
        session_sd=session_sd,
        hostile=hostile,
    )
    script = Script(
        fleet,
        days=days,
        decide_every=decide_every,
        lie=Lie(lie),
        drift=drift,
        tie=tie,
        races=races,
        at_once=at_once,
    )
    outcome = _play(table, script, to.rstrip("/"), app, key)
    if as_json:
        print_model(outcome)
    else:
        tell_outcome(outcome.model_dump(mode="json"))


def _play(table: Path, script: "Script", url: str, app: str, key: str) -> "Outcome":
    import asyncio
    from contextlib import aclosing

    from collector.simulate import (
        BadTable,
        Operator,
        PageClient,
        SimulationStopped,
        make_cells,
        play,
        read_table,
    )

    try:
        cells = make_cells(read_table(table))
    except BadTable as error:
        fail(str(error))
    except ValueError as error:
        fail(f"{table}: {error}")
    token = None if script.decide_every is None else _admin_token(url)
    bar = ProgressBar()

    def watch(progress: "Progress") -> None:
        bar.show(progress.doing, lambda seconds: bar_line(progress, seconds))

    async def run() -> "Outcome":
        async with aclosing(PageClient(url, app, key, at_once=script.at_once)) as client:
            if token is None:
                return await play(cells, script, app=app, client=client, watch=watch)
            async with aclosing(Operator(url, app, token)) as operator:
                return await play(cells, script, app=app, client=client, operator=operator, watch=watch)

    try:
        return asyncio.run(run())
    except SimulationStopped as stopped:
        bar.clear()
        fail(str(stopped))
    finally:
        bar.clear()


def _check_address(url: str) -> None:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        fits = False
    if not fits:
        fail(f"--to {url} is no address: write http://host:port")


def _admin_token(url: str) -> str:
    """The configured token; or the data folder's, when its owner is the collector that is played to.

    One collector's token is not for another one's eyes.
    """
    from collector.cli.terminal import read_settings
    from collector.operations.owner import read_owner, read_token

    settings = read_settings()
    if settings.api.admin_token is not None:
        return settings.api.admin_token.get_secret_value()
    owner = read_owner(settings.data_dir)
    token = read_token(settings.data_dir)
    if owner is None or token is None or not _same_place(str(owner["url"]), url):
        fail(
            f"--decide-every needs the admin token of {url}: set INFERFLEET_API__ADMIN_TOKEN to it, or "
            "INFERFLEET_DATA_DIR to that collector's data folder"
        )
    return token


def _same_place(one: str, other: str) -> bool:
    from urllib.parse import urlsplit

    first, second = urlsplit(one), urlsplit(other)
    here = ("127.0.0.1", "localhost", "::1")
    same_host = first.hostname == second.hostname or {first.hostname, second.hostname} <= set(here)
    return same_host and first.port == second.port
