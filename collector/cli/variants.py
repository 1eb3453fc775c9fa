"""``inferfleet variants``: forms of a model, from their files to the plans of pages."""

import typer

from collector.cli.group import Group
from collector.cli.variants_publish import PUBLICATION
from collector.cli.variants_registry import REGISTRY

variants = typer.Typer(cls=Group, help="Variants of models: registered to choose from, and published.")
for name, command, shown in (*REGISTRY, *PUBLICATION):
    variants.command(name, epilog=shown)(command)
