"""Options that several commands share, so that they are called and explained alike."""

from typing import Annotated

import typer

App = Annotated[str | None, typer.Option(metavar="APP", help="One app. Without it: all apps.")]
OneApp = Annotated[str, typer.Option(metavar="APP", help="The app.")]
Note = Annotated[str, typer.Option(metavar="TEXT", help="Why, for the audit trail.")]
Author = Annotated[
    str, typer.Option(metavar="NAME", envvar="INFERFLEET_AUTHOR", help="Who, for the audit trail.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
Label = Annotated[str, typer.Option(metavar="TEXT", help="What the key is for.")]
