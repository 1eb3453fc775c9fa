"""``inferfleet variants``: the variants of a model."""

import typer

from collector.cli.examples import example
from collector.cli.group import Group
from collector.cli.variants_evaluate import evaluate

variants = typer.Typer(cls=Group, help="Variants of a model, and what each is worth.")
variants.command(
    epilog=example(
        "inferfleet variants evaluate variants/face --inputs photos",
        "inferfleet variants evaluate variants/digits --inputs test.npz --labels test.csv",
    )
)(evaluate)
