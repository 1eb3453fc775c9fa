"""Revisions are one line of single, repeatable statements; named queries say what they answer."""

import ast
import re
from pathlib import Path

import pytest

from collector.store import SCHEMAS, SchemaOutdated, StoreError
from collector.store.columns import COLUMNS, EVENT
from collector.store.named_queries import load_query, query_names
from collector.store.revisions import head, require_current, scripts, scripts_folder

VERSIONS = sorted(scripts_folder().glob("versions/*.py"))


def statements(source: Path, function: str) -> list[str]:
    """The SQL that a revision's function runs."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    body = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function)
    return [
        node.args[0].value
        for node in ast.walk(body)
        if isinstance(node, ast.Call) and isinstance(node.args[0], ast.Constant)
    ]


def test_revisions_are_one_line_without_branches() -> None:
    assert len(scripts().get_heads()) == 1
    assert len(list(scripts().walk_revisions())) == len(VERSIONS)


@pytest.mark.parametrize("source", VERSIONS, ids=lambda path: path.stem)
def test_a_revision_is_one_statement_each_way_that_may_be_repeated(source: Path) -> None:
    for function in ("upgrade", "downgrade"):
        [statement] = statements(source, function)
        assert re.search(r"\bIF (NOT )?EXISTS\b", statement), f"{source.name}: {function} cannot be run twice"
        assert ";" not in statement


@pytest.mark.parametrize("source", VERSIONS, ids=lambda path: path.stem)
def test_every_table_remembers_tokens_and_events_go_by_the_time_they_were_received(source: Path) -> None:
    [statement] = statements(source, "upgrade")
    table = re.search(r"CREATE TABLE IF NOT EXISTS (\w+)", statement)
    if table is None:
        return
    assert "non_replicated_deduplication_window = 10000" in statement
    if COLUMNS[table.group(1)][: len(EVENT)] == EVENT or table.group(1) == "drops":
        assert "TTL toDateTime(received_at) + INTERVAL 90 DAY" in statement
        assert "PARTITION BY toMonday(received_at)" in statement


def test_the_migrations_folder_does_not_shadow_the_alembic_package() -> None:
    assert not (scripts_folder() / "__init__.py").exists()


def test_a_store_is_accepted_at_the_head_or_beyond_and_refused_before() -> None:
    require_current(head(), where="here")
    require_current("made-by-a-newer-version", where="here")
    for old in (None, "0001"):
        with pytest.raises(SchemaOutdated, match="run `inferfleet migrate`"):
            require_current(old, where="here")


def test_only_nullable_columns_take_nulls() -> None:
    nullable = {
        f"{table}.{field.name}" for table, schema in SCHEMAS.items() for field in schema if field.nullable
    }
    assert nullable == {
        "loads.backend_init_ms",
        "loads.first_prediction_ms",
        "loads.download_bytes",
        "loads.cache_hit",
        "races.start_ms",
        "races.load_ms",
        "races.first_ms",
        "races.ready_ms",
        "variant_versions.brotli_bytes",
        "variant_versions.agreement",
        "variant_versions.accuracy",
        "variant_versions.samples",
        "variant_versions.accepted",
        "model_versions.max_accuracy_loss",
        "variants.agreement",
        "variants.accuracy",
        "findings.resolved_at",
        "app_versions.sample_rate",
        "app_versions.retention_days",
    }


@pytest.mark.parametrize("name", query_names())
def test_a_named_query_begins_with_the_question_it_answers(name: str) -> None:
    first, _, rest = load_query(name).partition("\n")
    assert first.startswith("-- ")
    assert re.search(r"\bSELECT\b", rest)


@pytest.mark.parametrize("name", ["nothing", "../columns", "Windows", ""])
def test_an_unknown_query_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(StoreError, match="windows_quantiles"):
        load_query(name)


def test_a_command_in_the_wrong_folder_hears_of_the_right_one() -> None:
    with pytest.raises(SchemaOutdated, match=r"set INFERFLEET_DATA_DIR"):
        require_current(None, where="chdb:///home/ada/inferfleet-data/engine")
    with pytest.raises(SchemaOutdated, match=r"run `inferfleet migrate`$"):
        require_current(None, where="https://store.example:8443/inferfleet")
