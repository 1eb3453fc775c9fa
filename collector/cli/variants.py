"""``inferfleet variants``: forms of a model, from their files to the plans of pages."""

import typer

from collector.cli.group import Group
from collector.cli.variants_build import BUILDING
from collector.cli.variants_evaluate import EVALUATION
from collector.cli.variants_publish import PUBLICATION
from collector.cli.variants_registry import REGISTRY

variants = typer.Typer(cls=Group, help="Smaller forms of a model: built, measured, published, registered.")
for name, command, shown in (*BUILDING, *EVALUATION, *PUBLICATION, *REGISTRY):
    variants.command(name, epilog=shown)(command)
