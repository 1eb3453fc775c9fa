"""``inferfleet variants publish`` and ``prune``: files of models, where pages load them from."""

# ruff: noqa: PLC0415 - a command loads only what it needs: `--help` must not wait for an engine

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from collector.cli.examples import example
from collector.cli.options import Json, OneApp, Yes
from collector.cli.performing import perform
from collector.cli.terminal import confirm, fail, print_json, print_table, show

if TYPE_CHECKING:
    from collector.variants.publishing import PruneSummary, Target

To = Annotated[
    str, typer.Option("--to", metavar="PLACE", help="A folder, or a URL that fsspec has a driver for.")
]
DAYS = 30


def publish(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Holds the variants and variants.json.", show_default=False)
    ],
    to: To,
    app: OneApp,
    *,
    public: Annotated[
        str, typer.Option(metavar="URL", help="Where pages see that place. Default: the page's own origin.")
    ] = "",
    brotli: Annotated[
        bool, typer.Option("--brotli", help="A copy compressed by brotli lies beside each file.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent.")] = False,
    as_json: Json = False,
) -> None:
    """Copy variants to where pages load them from, named by their content."""
    from collector.variant_folder import read_built
    from collector.variants.publishing import publish as send

    if public and not public.startswith(("http://", "https://", "/")):
        fail("--public begins with http://, https:// or /")
    base = f"{public.rstrip('/')}/{app}"
    with _said():
        target = _target(to, app)
        built = read_built(folder)
        size = sum(file.bytes for variant in built.variants for file in variant.files)
        with typer.progressbar(length=size, label=f"{built.model} to {to}", file=sys.stderr) as bar:
            done = send(folder, built, target, base=base, brotli=brotli, dry_run=dry_run, progress=bar.update)
    show(done.model_dump(mode="json"), _tell, as_json=as_json)


def prune(
    to: To,
    app: OneApp,
    *,
    days: Annotated[
        int, typer.Option(metavar="N", min=1, max=3650, help="Keep what a config of the last N days names.")
    ] = DAYS,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be removed.")] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Remove published variants that no config and no registered variant names."""
    from datetime import UTC, datetime, timedelta

    from collector.variants.publishing import prune as remove

    named = perform("named_urls", {"app": app, "days": days})["urls"]

    def allow(plan: "PruneSummary") -> bool:
        if not as_json:
            _tell_unused(plan)
        if dry_run:
            return False
        confirm(f"Remove {len(plan.unused)} variants from {to} for good?", yes=yes)
        return True

    with _said():
        before = datetime.now(UTC) - timedelta(days=days)
        done = remove(_target(to, app), named, before=before, allow=allow)
    if as_json:
        print_json(done.model_dump(mode="json"))
    elif done.removed:
        typer.echo(f"removed {len(done.unused)} variants, {_mib(done.bytes)}; {len(done.kept)} stay")
    elif not done.unused:
        typer.echo(f"nothing to remove: {len(done.kept)} variants stay")


def _target(to: str, app: str) -> "Target":
    from pydantic import TypeAdapter, ValidationError

    from collector.contract.wire_model import AppName
    from collector.variants.publishing import Target

    try:
        TypeAdapter(AppName).validate_python(app)
    except ValidationError:
        fail(f"{app!r} is no name of an app")
    return Target(to, app)


@contextmanager
def _said() -> Iterator[None]:
    """One line in place of a traceback, for what a user can mend."""
    try:
        yield
    except (OSError, ValueError, ImportError) as error:  # a folder, a URL, or fsspec's driver for it
        why = (
            f"{error.strerror}: {error.filename}"
            if isinstance(error, OSError) and error.strerror
            else str(error)
        )
        fail(why)


def _tell(done: Mapping[str, Any]) -> None:
    published = done["published"]
    rows = [
        (variant["name"], _mib(variant["bytes"]), variant["integrity"], variant["url"])
        for variant in published["variants"]
    ]
    print_table(("variant", "size", "integrity", "URL"), rows)
    would = "would be sent" if done["dry_run"] else "sent and read back"
    typer.echo(
        f"{done['sent_files']} files ({_mib(done['sent_bytes'])}) {would}, {done['there_already']} were there"
    )
    for note in done["notes"]:
        typer.echo(f"note: {note}")


def _tell_unused(plan: "PruneSummary") -> None:
    print_table(
        ("unused", "files", "size"),
        [(variant.path, str(len(variant.files)), _mib(variant.bytes)) for variant in plan.unused],
    )


def _mib(size: int) -> str:
    return f"{size / (1 << 20):.2f} MiB"


PUBLICATION: list[tuple[str, Callable[..., None], str]] = [
    (
        "publish",
        publish,
        example(
            "inferfleet variants publish models/blazeface --to /var/www/models --app shop --public /models",
            "inferfleet variants publish models/blazeface --to s3://bucket/models --app shop "
            "--public https://cdn.example/models",
        ),
    ),
    ("prune", prune, example("inferfleet variants prune --to s3://bucket/models --app shop --days 60")),
]
"""Each command with its name and the examples of its help."""
