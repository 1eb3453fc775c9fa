"""``inferfleet recommend``, ``explain``, ``leaks``: what the jobs find."""

from typing import Annotated

import typer

from collector.cli.options import App, OneApp
from collector.cli.performing import perform
from collector.cli.terminal import print_json


def recommend(app: App = None) -> None:
    """Decide for each kind of device which backend and variant to run."""
    print_json(perform("recommend", {"app": app}))


def explain(
    app: OneApp,
    model: Annotated[str, typer.Option(help="The model.")],
    device_class: Annotated[str | None, typer.Option(help="A device class; all when left out.")] = None,
) -> None:
    """Print why a model runs the way it does."""
    typer.echo(perform("explain", {"app": app, "model": model, "device_class": device_class})["text"])


def leaks(app: App = None) -> None:
    """Look for memory leaks, and tell whom the settings name."""
    print_json(perform("leaks", {"app": app}))
