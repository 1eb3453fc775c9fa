"""Alert rules over the same tables, for fleets that alert from Grafana rather than from the collector.

Each fires once per cohort: the rows' text columns become labels. Alert queries have no template variables,
so no panel's SQL can be reused as it is; the slope is the panel's own expression.
"""

from typing import NamedTuple

from grafana_foundation_sdk.builders import alerting, expr
from grafana_foundation_sdk.models import alerting as models
from grafana_foundation_sdk.models.dashboard import DataSourceRef

from dashboards.grafana.query import DATASOURCE_UID, Target
from dashboards.panels.memory import GROWTH, LEAK_SLOPE, SLOPE

FOLDER_UID = "inferfleet"
GROUP = "inferfleet-leaks"
EVALUATE_EVERY_S = 300
MIN_SESSIONS = 20
GROWING_SHARE = 0.25
RUNBOOKS = "docs/runbooks"
"""Where the runbooks are: a path of this repository, unless somebody says where theirs can be opened."""

LEAK_KINDS = "'tensor_leak', 'bytes_leak', 'gpu_bytes_leak', 'gpu_allocated_leak', 'heap_leak', 'load_leak'"

REGRESSION_KINDS = (
    "'latency_regression', 'start_regression', 'frame_rate_regression', "
    "'error_regression', 'memory_regression'"
)


class AlertRule(NamedTuple):
    """A rule: its query gives text columns and one number, and it fires for rows above ``limit``."""

    uid: str
    title: str
    sql: str
    limit: float
    window_s: int
    pending: str
    severity: str
    summary: str
    description: str
    runbook: str


ALERT_RULES = (
    AlertRule(
        uid="inferfleet-leak-finding",
        title="Leak finding open",
        sql=(
            "SELECT app, model, release, backend, kind, severity, count() AS open_findings\n"
            "FROM findings FINAL\n"
            f"WHERE state = 'open' AND kind IN ({LEAK_KINDS})\n"
            "GROUP BY app, model, release, backend, kind, severity"
        ),
        limit=0,
        window_s=600,
        pending="0s",
        severity="{{ $labels.severity }}",  # the finding's own
        summary="{{ $labels.kind }} in {{ $labels.model }} {{ $labels.release }} on {{ $labels.backend }}",
        description=(
            "The leak job found a cohort of sessions of {{ $labels.app }} whose memory grows with "
            "predictions or loads. The fleet page shows the evidence under Findings."
        ),
        runbook="{{ $labels.kind }}.md",
    ),
    AlertRule(
        uid="inferfleet-regression-finding",
        title="Regression finding open",
        sql=(
            "SELECT app, model, release, backend, scope, kind, severity, count() AS open_findings\n"
            "FROM findings FINAL\n"
            f"WHERE state = 'open' AND kind IN ({REGRESSION_KINDS})\n"
            "GROUP BY app, model, release, backend, scope, kind, severity"
        ),
        limit=0,
        window_s=600,
        pending="0s",
        severity="{{ $labels.severity }}",
        summary=(
            "{{ $labels.kind }} in {{ $labels.model }} {{ $labels.release }} on {{ $labels.backend }} "
            "{{ $labels.scope }}"
        ),
        description=(
            "The regression job found sessions of {{ $labels.app }} that became worse with a version or a "
            "day; * stands for all. The fleet page shows the evidence under Findings."
        ),
        runbook="{{ $labels.kind }}.md",
    ),
    AlertRule(
        uid="inferfleet-tensor-slope",
        title="Tensors grow with predictions",
        sql=(
            f"SELECT app, model, release, backend, countIf(slope >= {LEAK_SLOPE}) / count() AS growing\n"
            "FROM (\n"
            f"    SELECT app, model, release, backend, session, {SLOPE} AS slope\n"
            "    FROM windows\n"
            "    WHERE $__timeFilter_ms(at) AND notEmpty(memory_predictions)\n"
            "    GROUP BY app, model, release, backend, session\n"
            f"    HAVING {GROWTH}\n"
            ")\n"
            "GROUP BY app, model, release, backend\n"
            f"HAVING count() >= {MIN_SESSIONS}"
        ),
        limit=GROWING_SHARE,
        window_s=6 * 3600,
        pending="10m",
        severity="warning",
        summary=(
            "More than a quarter of the sessions of {{ $labels.model }} {{ $labels.release }} on "
            "{{ $labels.backend }} gain tensors with each prediction"
        ),
        description=(
            f"Of at least {MIN_SESSIONS} sessions of {{{{ $labels.app }}}} in the last 6 hours, more than "
            f"{GROWING_SHARE:.0%} gained {LEAK_SLOPE} or more tensors with each prediction: somewhere a "
            "dispose() is missing."
        ),
        runbook="tensor_leak.md",
    ),
)


def grafana_rule(
    rule: AlertRule, *, datasource_uid: str = DATASOURCE_UID, runbooks: str = RUNBOOKS
) -> models.Rule:
    """The rule as Grafana's alert provisioning API takes it."""
    threshold = (
        expr.TypeThreshold()
        .ref_id("B")
        .expression("A")
        .datasource(DataSourceRef(type_val="__expr__", uid="__expr__"))
        .conditions(
            [
                expr.ExprTypeThresholdConditions().evaluator(
                    expr.ExprTypeThresholdConditionsEvaluator().type("gt").params([rule.limit])
                )
            ]
        )
    )
    return (
        alerting.Rule(rule.title)
        .uid(rule.uid)
        .folder_uid(FOLDER_UID)
        .rule_group(GROUP)
        .org_id(1)
        .condition("B")
        .with_query(
            alerting.Query("A")
            .datasource_uid(datasource_uid)
            .relative_time_range(models.RelativeTimeRange(from_val=rule.window_s, to=0))
            .model(Target(rule.sql, "table", datasource_uid=datasource_uid))
        )
        .with_query(
            alerting.Query("B")
            .datasource_uid("__expr__")
            .relative_time_range(models.RelativeTimeRange(from_val=0, to=0))
            .model(threshold)
        )
        .for_val(rule.pending)
        # No rows is the healthy answer of both queries; a query that fails must not look healthy.
        .no_data_state("OK")
        .exec_err_state("Error")
        .labels({"severity": rule.severity, "product": "inferfleet"})
        .annotations(
            {
                "summary": rule.summary,
                "description": rule.description,
                # The names that Grafana and Alertmanager give a meaning to: a link, and a text of its own.
                "runbook_url": f"{runbooks.rstrip('/')}/{rule.runbook}",
            }
        )
        .build()
    )
