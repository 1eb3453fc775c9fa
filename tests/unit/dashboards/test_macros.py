from datetime import UTC, datetime

import pytest

from dashboards.macros import MacroError, expand

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
UNTIL = datetime(2026, 1, 2, tzinfo=UTC)
FROM_MS, TO_MS = 1767225600000, 1767312000000


def run(sql: str, **variables: str | None) -> tuple[str, dict[str, object]]:
    return expand(sql, since=SINCE, until=UNTIL, interval_s=600, variables=variables)


def test_time_filter_becomes_two_parameters():
    sql, parameters = run("SELECT 1 WHERE $__timeFilter_ms(at)")
    assert sql == (
        "SELECT 1 WHERE at >= fromUnixTimestamp64Milli({from_ms:Int64})"
        " AND at <= fromUnixTimestamp64Milli({to_ms:Int64})"
    )
    assert parameters == {"from_ms": FROM_MS, "to_ms": TO_MS}


def test_time_interval_groups_by_the_interval():
    sql, parameters = run("SELECT $__timeInterval(received_at) AS time")
    assert "toStartOfInterval(toDateTime(received_at), toIntervalSecond({interval_s:UInt32}))" in sql
    assert parameters == {"interval_s": 600}


def test_a_variable_is_a_parameter_and_never_text():
    hostile = "x' OR 1=1 --"
    sql, parameters = run("SELECT 1 WHERE app = ${app:singlequote}", app=hostile)
    assert sql == "SELECT 1 WHERE app = {app:String}"
    assert parameters == {"app": hostile}


def test_conditional_all_keeps_its_condition_for_a_value_and_drops_it_for_all():
    sql = "SELECT 1 WHERE $__conditionalAll(model IN (lower(${model:singlequote})), $model) AND 2"
    assert run(sql, model="face")[0] == "SELECT 1 WHERE model IN (lower({model:String})) AND 2"
    assert run(sql, model=None) == ("SELECT 1 WHERE 1=1 AND 2", {})


def test_every_conditional_of_a_query_is_chosen_by_its_own_variable():
    sql = (
        "$__conditionalAll(model = ${model:singlequote}, $model)"
        " AND $__conditionalAll(release = ${release:singlequote}, $release)"
    )
    assert run(sql, model=None, release="1.0")[0] == "1=1 AND release = {release:String}"


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT $__unknownMacro(at)", "no macro or variable"),
        ("SELECT $__conditionalAll(a = 1, $model", "not closed"),
        ("SELECT $__conditionalAll(a = 1, $other)", "one of"),
        ("SELECT ${app:singlequote}", "has no value"),
        ("SELECT ${app}", "no macro or variable"),
    ],
)
def test_what_is_not_known_is_refused_rather_than_sent_to_the_engine(sql: str, message: str):
    with pytest.raises(MacroError, match=message):
        run(sql)


def test_a_naive_time_is_refused():
    with pytest.raises(MacroError, match="time zone"):
        expand("$__fromTime_ms", since=datetime(2026, 1, 1), until=UNTIL, interval_s=1, variables={})  # noqa: DTZ001


def test_an_unknown_variable_is_refused():
    with pytest.raises(MacroError, match="colour"):
        run("SELECT 1", colour="red")
