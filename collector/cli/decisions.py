"""``inferfleet recommend``, ``explain``, ``leaks``: what the jobs find."""

from typing import Annotated

import typer

from collector.cli.options import App, Json, OneApp
from collector.cli.performing import perform
from collector.cli.summaries import tell_leaks, tell_recommend
from collector.cli.terminal import show


def recommend(app: App = None, as_json: Json = False) -> None:
    """Decide for each kind of device which backend and variant to run."""
    show(perform("recommend", {"app": app}), tell_recommend, as_json=as_json)


def explain(
    app: OneApp,
    model: Annotated[str, typer.Option(help="The model.")],
    device_class: Annotated[str | None, typer.Option(help="A device class; all when left out.")] = None,
    as_json: Json = False,
) -> None:
    """Print why a model runs the way it does."""
    found = perform("explain", {"app": app, "model": model, "device_class": device_class})
    show(found, lambda explained: typer.echo(explained["text"]), as_json=as_json)


def leaks(app: App = None, as_json: Json = False) -> None:
    """Look for memory leaks, and tell whom the settings name."""
    show(perform("leaks", {"app": app}), tell_leaks, as_json=as_json)
