"""Which schema revisions this version knows, and whether a store is at the newest."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from collector.store.errors import SchemaOutdated, StoreError

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

REVISION_TABLE = "alembic_version"


def scripts_folder() -> Path:
    """The folder of the migrations: inside the installed wheel, or at the root of a checkout.

    Raises:
        StoreError: neither is there.
    """
    here = Path(__file__).resolve().parent
    for folder in (here / "alembic", here.parents[1] / "alembic"):
        if (folder / "env.py").is_file():
            return folder
    raise StoreError(f"the migrations are missing from {here / 'alembic'}: install inferfleet again")


@cache
def scripts() -> "ScriptDirectory":
    """The migrations, read from their files."""
    # Here, because SQLAlchemy comes with it, which a command that opens no store need not wait for.
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(scripts_folder()).replace("%", "%%"))
    return ScriptDirectory.from_config(config)


def head() -> str:
    """The newest revision that this version knows."""
    revision = scripts().get_current_head()
    if revision is None:
        raise StoreError(f"no migrations in {scripts_folder()}: install inferfleet again")
    return revision


def require_current(revision: str | None, *, where: str) -> None:
    """Accepts a store at the newest revision, or at one this version does not know.

    Revisions only add (docs/storage.md), so during a rolling deployment an old process works on newer tables.

    Raises:
        SchemaOutdated: the tables are missing or older; the message names the command to run.
    """
    if revision is None:
        elsewhere = (
            ". If a collector's data is in another folder, go to where it runs or set INFERFLEET_DATA_DIR"
            if where.startswith("chdb://")
            else ""
        )
        raise SchemaOutdated(f"{where} has no tables yet: run `inferfleet migrate`{elsewhere}")
    known = {script.revision for script in scripts().walk_revisions()}
    if revision in known and revision != head():
        raise SchemaOutdated(
            f"the tables of {where} are at revision {revision}, this version needs {head()}: "
            "run `inferfleet migrate`"
        )
