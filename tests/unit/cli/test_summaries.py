"""What the operations did reads well. The summaries here are the operations' own."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import BaseModel

from collector.alerts import DeliverySummary
from collector.alerts.summary import TargetSummary
from collector.apps import DeletionSummary, ExpirySummary
from collector.cli import summaries
from collector.contract.finding import Cohort, Finding, FindingKind, FindingState, Severity
from collector.jobs.publish import Publication, PublishSummary
from collector.jobs.recommend import Outcome, RecommendSummary
from collector.operations.archive import BackupSummary
from collector.operations.catalogue import LeaksAndDelivery, RegressionsAndDelivery

NOW = datetime(2026, 11, 29, tzinfo=UTC)


def said(
    tell: Callable[[Mapping[str, Any]], None], summary: BaseModel, capsys: pytest.CaptureFixture[str]
) -> list[str]:
    tell(summary.model_dump(mode="json"))
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_recommend_says_what_was_read_decided_and_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = Outcome(
        app="shop",
        model="blazeface",
        device_class="os=linux",
        state="committed",
        backend="webgpu",
        variant="original",
        expected_ratio=0.5,
        reason="sure",
    )
    unsure = outcome.model_copy(update={"state": "insufficient", "backend": None, "variant": None})
    summary = RecommendSummary(
        run_id="r",
        apps=["shop"],
        visits=1200,
        automated=1,
        watched=2,
        decided={"committed": 1, "insufficient": 1},
        outcomes=[outcome, unsure],
    )
    assert said(summaries.tell_recommend, summary, capsys) == [
        "read 1,200 session-days (shop); decisions: 1 committed, 1 insufficient",
        "left out: 1 session-day of automated browsers",
        "left out: 2 models that no plan can steer",
        "APP MODEL DEVICE CLASS STATE BACKEND VARIANT",
        "shop blazeface os=linux committed webgpu original",
        "shop blazeface os=linux insufficient - -",
    ]
    nothing = RecommendSummary(run_id="r", apps=[], visits=0, automated=0, watched=0, decided={}, outcomes=[])
    assert said(summaries.tell_recommend, nothing, capsys) == [
        "read 0 session-days (no app has reported lately); decisions: none"
    ]


def test_publish_says_which_version_an_app_has_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    made = Publication(
        app="shop", version=4, published=True, classes=2, reason="9 decisions", refused=["webgl: no url"]
    )
    held = Publication(
        app="blog", version=2, published=False, classes=1, reason="nothing changed", refused=[]
    )
    first = held.model_copy(update={"app": "new", "version": 0, "reason": "no decision"})
    summary = PublishSummary(publications=[made, held, first])
    assert said(summaries.tell_publish, summary, capsys) == [
        "shop: version 4 is published (9 decisions)",
        "left out: webgl: no url",
        "blog: version 2 stays (nothing changed)",
        "new: no version is published (no decision)",
    ]
    assert said(summaries.tell_publish, PublishSummary(publications=[]), capsys) == [
        "no app has a decision to publish: run `inferfleet recommend` first"
    ]


def test_leaks_says_what_was_found_and_who_knows(capsys: pytest.CaptureFixture[str]) -> None:
    finding = Finding(
        kind=FindingKind.TENSOR_LEAK,
        cohort=Cohort(app="shop", model="m", release="2", backend="webgl"),
        state=FindingState.OPEN,
        severity=Severity.WARNING,
        opened_at=NOW,
        updated_at=NOW,
        summary="3 of 4 sessions leak a tensor per prediction",
        evidence={},
    )
    summary = LeaksAndDelivery(
        sessions=4,
        votes=4,
        cohorts=1,
        too_few_sessions=0,
        opened=1,
        still_open=0,
        resolved=0,
        findings=[finding],
        delivery=DeliverySummary(
            targets=[
                TargetSummary(target="alertmanager", delivered=1, told_before=0, refused=0, owed=0),
                TargetSummary(
                    target="webhook:ops", delivered=0, told_before=0, refused=0, owed=1, error="timed out"
                ),
            ]
        ),
    )
    assert said(summaries.tell_leaks, summary, capsys) == [
        "looked at 4 sessions; findings: 1 new, 0 still open, 0 resolved",
        f"open {finding.finding_id}: 3 of 4 sessions leak a tensor per prediction",
        "told alertmanager: 1 delivered, 0 known already",
        "told webhook:ops: 0 delivered, 0 known already, 1 not delivered: timed out",
    ]


def test_regressions_says_what_was_compared_and_held_back(capsys: pytest.CaptureFixture[str]) -> None:
    summary = RegressionsAndDelivery(
        votes=1200,
        cohorts=30,
        tests=400,
        held_back={"went_away": 1, "one_kind_of_machine": 2},
        opened=0,
        still_open=0,
        resolved=0,
        findings=[],
        delivery=DeliverySummary(targets=[]),
    )
    assert said(summaries.tell_regressions, summary, capsys) == [
        "compared 1,200 session-days (held back: 1 went away, 2 one kind of machine); "
        "findings: 0 new, 0 still open, 0 resolved"
    ]


def test_what_was_deleted_is_counted_by_table(capsys: pytest.CaptureFixture[str]) -> None:
    expired = ExpirySummary(expired={"shop": {"windows": 1000, "loads": 1}})
    assert said(summaries.tell_expire, expired, capsys) == [
        "shop: deleted 1,001 rows (windows 1,000, loads 1)"
    ]
    assert said(summaries.tell_expire, ExpirySummary(expired={}), capsys) == [
        "no event was older than its app keeps it"
    ]
    session = DeletionSummary(app="shop", session="s" * 22, rows={"windows": 1, "loads": 0}, quarantined=1)
    assert said(summaries.tell_delete, session, capsys) == [
        f"session {'s' * 22} of shop: deleted 1 row (windows 1)",
        f"session {'s' * 22} of shop: deleted 1 quarantined report",
    ]
    nothing = DeletionSummary(app="shop", session=None, rows={"windows": 0}, quarantined=0)
    assert said(summaries.tell_delete, nothing, capsys) == ["shop: deleted 0 rows"]


def test_a_backup_names_its_folder_and_size(capsys: pytest.CaptureFixture[str]) -> None:
    made = BackupSummary(
        folder="/kept", schema_revision="0022", files=3, bytes=1_250_000, rows={"windows": 2, "loads": 1}
    )
    assert said(summaries.tell_backup, made, capsys) == ["the backup is in /kept: 3 rows, 3 files, 1.2 MB"]
    assert said(summaries.tell_restore, made, capsys) == [
        "the data folder is made from /kept: 3 rows, 3 files, 1.2 MB"
    ]
