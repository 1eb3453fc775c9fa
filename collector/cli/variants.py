"""``inferfleet variants``: the variants of models."""

import typer

from collector.cli.group import Group
from collector.cli.variants_registry import REGISTRY

variants = typer.Typer(cls=Group, help="Variants of models: what there is to choose from.")
for name, command, shown in REGISTRY:
    variants.command(name, epilog=shown)(command)
