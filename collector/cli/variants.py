"""``inferfleet variants``: forms of a model, from their files to the plans of pages."""

import typer

from collector.cli.examples import example
from collector.cli.group import Group
from collector.cli.variants_publish import prune, publish

variants = typer.Typer(cls=Group, help="Variants of models: published where pages load them from.")
variants.command(
    epilog=example(
        "inferfleet variants publish models/blazeface --to /var/www/models --app shop --public /models",
        "inferfleet variants publish models/blazeface --to s3://bucket/models --app shop "
        "--public https://cdn.example/models",
    )
)(publish)
variants.command(epilog=example("inferfleet variants prune --to s3://bucket/models --app shop --days 60"))(
    prune
)
