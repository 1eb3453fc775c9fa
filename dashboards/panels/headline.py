"""The figures on top: how much is seen, how fast it is, what is wrong."""

from dashboards.panel import Panel, Stat, Threshold, Unit
from dashboards.panels.scope import CHOSEN, PEOPLE, WITH_PREVIOUS, value_ms


def _p75(condition: str) -> str:
    return value_ms(f"quantileExactWeightedArrayIf(0.75)(ready_buckets, ready_counts, {condition})")


_SEEN = f"{WITH_PREVIOUS} AND {PEOPLE}"
_NO_ROBOTS = "Automated browsers are left out unless nobody else reported."
_WEIGHED = {"weight": "weight", "previous_weight": "previous_weight"}
_MODELS = 6
_SESSIONS = """uniqExactIf(session, now) AS weight,
                   uniqExactIf(session, NOT now) AS previous_weight"""

PANELS = (
    Panel(
        id="sessions",
        title="Sessions",
        question="How many page lives reported predictions?",
        reading=(
            "Distinct sessions with at least one window. A session is one page life, not a person. "
            f"{_NO_ROBOTS}"
        ),
        unit=Unit.COUNT,
        draw=Stat(**_WEIGHED),
        sql=f"""
            SELECT uniqExactIf(session, at >= $__fromTime_ms) AS value,
                   uniqExactIf(session, at < $__fromTime_ms) AS previous,
                   value AS weight, previous AS previous_weight
            FROM windows
            WHERE {_SEEN}
        """,
    ),
    Panel(
        id="predictions",
        title="Predictions",
        question="How many predictions did they make?",
        reading=(
            "The sum of the windows' counts: every prediction of the reporting sessions, not a sample. "
            f"{_NO_ROBOTS}"
        ),
        unit=Unit.COUNT,
        draw=Stat(**_WEIGHED),
        sql=f"""
            SELECT sumIf(count, now) AS value, sumIf(count, NOT now) AS previous,
                   {_SESSIONS}
            FROM (
                SELECT at >= $__fromTime_ms AS now, session, count FROM windows WHERE {_SEEN}
            )
        """,
    ),
    Panel(
        id="ready_p75",
        title="Result ready, p75",
        question="How long do three of four predictions take at most?",
        reading=(
            "p75 of ready_ms over all predictions of a model: the time until the result was really there. "
            f"One figure for each model, since models are unlike; the busiest come first. {_NO_ROBOTS}"
        ),
        unit=Unit.MS,
        draw=Stat(better="lower", label="model", **_WEIGHED),
        sql=f"""
            SELECT model,
                   if(sum(n * now) = 0, NULL, {_p75("now")}) AS value,
                   if(sum(n * NOT now) = 0, NULL, {_p75("NOT now")}) AS previous,
                   {_SESSIONS}
            FROM (
                SELECT model, session, at >= $__fromTime_ms AS now, ready_buckets, ready_counts,
                       arraySum(ready_counts) AS n
                FROM windows
                WHERE {_SEEN} AND notEmpty(ready_buckets)
            )
            GROUP BY model
            HAVING weight > 0
            ORDER BY weight DESC, model
            LIMIT {_MODELS}
        """,
    ),
    Panel(
        id="first_result",
        title="First result, p75",
        question="How long does a visitor wait for the first result?",
        reading=(
            "p75 over a model's loads of model load + backend start + first prediction; failed loads have "
            f"none. One figure for each model. {_NO_ROBOTS}"
        ),
        unit=Unit.MS,
        draw=Stat(better="lower", label="model", **_WEIGHED),
        sql=f"""
            SELECT model,
                   quantileExactIfOrNull(0.75)(total, now) AS value,
                   quantileExactIfOrNull(0.75)(total, NOT now) AS previous,
                   {_SESSIONS}
            FROM (
                SELECT model, session, at >= $__fromTime_ms AS now,
                       assumeNotNull(load_ms + ifNull(backend_init_ms, 0) + first_prediction_ms) AS total
                FROM loads
                WHERE {_SEEN} AND first_prediction_ms IS NOT NULL
            )
            GROUP BY model
            HAVING weight > 0
            ORDER BY weight DESC, model
            LIMIT {_MODELS}
        """,
    ),
    Panel(
        id="troubled_sessions",
        title="Sessions in trouble",
        question="What share of sessions had something go wrong?",
        reading=(
            "Sessions with an incident, of all sessions that reported a window or an incident. A GPU backend "
            f"that is software is told apart and is no trouble by itself. {_NO_ROBOTS}"
        ),
        unit=Unit.SHARE,
        draw=Stat(better="lower", **_WEIGHED),
        thresholds=(Threshold(value=0.02, level="warning"), Threshold(value=0.1, level="critical")),
        sql=f"""
            SELECT if(sessions = 0, NULL, troubled / sessions) AS value,
                   if(sessions_before = 0, NULL, troubled_before / sessions_before) AS previous,
                   sessions AS weight, sessions_before AS previous_weight
            FROM (
                SELECT uniqExactIf(session, now) AS sessions,
                       uniqExactIf(session, NOT now) AS sessions_before,
                       uniqExactIf(session, now AND bad) AS troubled,
                       uniqExactIf(session, NOT now AND bad) AS troubled_before
                FROM (
                    SELECT session, at >= $__fromTime_ms AS now, false AS bad
                    FROM windows WHERE {_SEEN}
                    UNION ALL
                    SELECT session, at >= $__fromTime_ms AS now, kind != 'software_backend' AS bad
                    FROM incidents WHERE {_SEEN}
                )
            )
        """,
    ),
    Panel(
        id="open_findings",
        title="Open findings",
        question="How many findings are open now?",
        reading="Open findings of the chosen app, model and release, whenever they were opened.",
        unit=Unit.COUNT,
        draw=Stat(previous=None, better="lower"),
        thresholds=(Threshold(value=1, level="warning"),),
        sql=f"SELECT count() AS value FROM findings FINAL WHERE {CHOSEN} AND state = 'open'",
    ),
)
