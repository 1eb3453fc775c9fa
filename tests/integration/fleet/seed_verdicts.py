"""What the jobs would have written about the seeded week: decisions, config versions, findings.

Rows are made with the jobs' own models, so that the page is tested against the shapes that jobs write.
"""

import json
from datetime import datetime, timedelta
from typing import Any

from collector.contract.finding import Cohort, Finding, FindingKind, FindingState, Severity
from collector.contract.vocabulary import Backend
from collector.jobs.recommend.record import (
    ArmEvidence,
    DecisionRecord,
    Gate,
    Interval,
    Propensity,
    VariantStanding,
)
from collector.jobs.recommend.settings import RecommendSettings

# device class, state, reason, arms (backend, variant, cost, sessions, failed gate) best first, default
_DECISIONS: tuple[tuple[str, str, str, tuple[tuple[str, str, float, int, str], ...], str], ...] = (
    (
        "*",
        "exploring",
        "webgl leads on the whole fleet, but kinds of device disagree: decided below this level.",
        (
            ("webgl", "original", 31.0, 412, ""),
            ("wasm-simd", "original", 33.5, 260, ""),
            ("cpu", "original", 240.0, 61, ""),
        ),
        "webgl",
    ),
    (
        "form=desktop,os=windows",
        "committed",
        "webgpu costs 9.1 ms a prediction start-up included, webgl 17.6 ms: 48 % less (41 to 54 %).",
        (
            ("webgpu", "original", 9.1, 231, ""),
            ("webgpu", "float16", 9.4, 88, ""),
            ("webgl", "original", 17.6, 64, ""),
            ("wasm-simd-threads", "original", 18.2, 41, ""),
            ("cpu", "original", 214.0, 28, "capability"),
        ),
        "webgl",
    ),
    (
        "form=desktop,os=macos",
        "committed",
        "webgl is already the default and the best: 12.4 ms against 22.9 ms for wasm-simd.",
        (
            ("webgl", "original", 12.4, 180, ""),
            ("wasm-simd", "original", 22.9, 44, ""),
            ("cpu", "original", 158.0, 22, ""),
        ),
        "webgl",
    ),
    (
        "form=mobile,os=android",
        "exploring",
        "webgpu looks 25 % cheaper than wasm-simd, but the interval still holds 0: 61 of about 140 sessions.",
        (
            ("webgpu", "original", 38.0, 61, ""),
            ("wasm-simd", "original", 51.0, 118, ""),
            ("webgl", "original", 83.0, 96, "leak"),
        ),
        "webgl",
    ),
    (
        "form=desktop,os=linux,browser=chromium,gpu=swiftshader",
        "committed",
        "A machine without a GPU draws webgl in software: wasm-simd costs 29 ms, webgl 204 ms, 86 % less.",
        (
            ("wasm-simd", "original", 29.0, 73, ""),
            ("webgl", "original", 204.0, 52, "leak"),
            ("cpu", "original", 236.0, 20, ""),
        ),
        "webgl",
    ),
    (
        "form=tablet,os=ios",
        "insufficient",
        "Only 6 session-days with a measured result, 20 needed: the parent class speaks.",
        (("webgl", "original", 16.0, 6, "data"),),
        "webgl",
    ),
)


def verdicts(rows: dict[str, list[dict[str, Any]]], *, now: datetime, app: str) -> None:
    """Adds decisions, config versions and findings to the rows."""
    rows["decisions"] += [_decision(*entry, now=now, app=app) for entry in _DECISIONS]
    rows["config_versions"] += _versions(now, app)
    rows["findings"] += [_row(finding) for finding in _findings(now, app)]


def _decision(
    device_class: str,
    state: Any,
    reason: str,
    arms: tuple[tuple[str, str, float, int, str], ...],
    default: str,
    *,
    now: datetime,
    app: str,
) -> dict[str, Any]:
    best = arms[0]
    default_cost = next(cost for backend, _, cost, _, _ in arms if backend == default)
    level = 0 if device_class == "*" else (1, 1, 1, 2, 3)[device_class.count(",")]
    passing = [arm for arm in arms if not arm[4]] or [best]
    record = DecisionRecord(
        app=app,
        model="blazeface",
        device_class=device_class,
        level=level,
        state=state,
        reason=reason,
        recommended=(Backend(best[0]), best[1]),
        default=(Backend(default), "original"),
        default_source="observed",
        expected_ratio=best[2] / default_cost,
        expected_interval=Interval(low=best[2] / default_cost * 0.88, high=best[2] / default_cost * 1.13),
        usual_predictions=310,
        arms=[
            ArmEvidence(
                backend=Backend(backend),
                variant=variant,
                sessions=sessions,
                votes=sessions,
                predictions=sessions * 300,
                cost_ms=cost,
                spread=0.3,
                ready_ms=cost * 0.9,
                start_ms=cost * 30,
                ratio_to_best=cost / best[2],
                ratio_interval=Interval(low=cost / best[2] * 0.9, high=cost / best[2] * 1.1),
                borrowed_cost_ms=cost,
                best_probability=0.97 if backend == best[0] else 0.01,
                passed=not failed,
                gates_from=device_class,
                gates=[
                    Gate(gate="data", passed=failed != "data", detail=f"{sessions} session-days, 20 needed"),
                    Gate(gate="capability", passed=failed != "capability", detail="did not start in 9 %"),
                    Gate(gate="leak", passed=failed != "leak", detail="open leak findings: tensor_leak"),
                ],
            )
            for backend, variant, cost, sessions, failed in arms
        ],
        variants=_variants(arms),
        untried=[],
        propensities=[
            Propensity(
                backend=Backend(backend),
                variant=variant,
                probability=0.94 if index == 0 else 0.06 / max(len(passing) - 1, 1),
                why="recommended" if index == 0 else "exploration",
            )
            for index, (backend, variant, *_) in enumerate(passing)
        ],
        parameters=RecommendSettings(),
    )
    return {
        "run_id": "seed-run-2",
        "decided_at": now - timedelta(minutes=47),
        "app": app,
        "model": "blazeface",
        "device_class": device_class,
        "level": level,
        "state": state,
        "backend": best[0],
        "variant": best[1],
        "default_backend": default,
        "expected_ratio": best[2] / default_cost,
        "record": record.to_json(),
    }


_VARIANTS: tuple[tuple[str, int, float | None, float, str, str], ...] = (
    ("original", 538_928, None, 1.0, "passed", ""),
    ("float16", 269_520, 0.9994, 1.02, "chosen", ""),
    ("uint8", 134_816, 0.871, 0.99, "refused", "accuracy: agreement 0.871 (at least 0.99, at most 0.01)"),
    ("pruned", 310_400, 0.9963, 0.62, "unproven", "data: 8 session-days with a measured result, 20 needed"),
)


def _variants(arms: tuple[tuple[str, str, float, int, str], ...]) -> list[VariantStanding]:
    """BlazeFace and what one might make of it, where two of its variants ran or nobody decides alone."""
    backend, chosen, cost, sessions, _ = arms[0]
    if len(arms) < 3:
        return []
    return [
        VariantStanding(
            variant=name,
            verdict="chosen" if name == chosen else "passed" if verdict == "chosen" else verdict,  # type: ignore[arg-type]
            why=why,
            backend=Backend(backend),
            bytes=size,
            brotli_bytes=round(size * 0.92),
            accuracy=None,
            accuracy_of="",
            agreement=agreement,
            sessions=sessions,
            ready_ms=cost * 0.9 * slower,
            start_ms=cost * 30,
            cost_ms=cost * slower,
        )
        for name, size, agreement, slower, verdict, why in _VARIANTS
    ]


def _versions(now: datetime, app: str) -> list[dict[str, Any]]:
    story = (
        (1, 6.0, "publish", "job", 1.0, "first plans"),
        (2, 4.1, "publish", "mara", 1.0, "try webgpu on Android for everybody"),
        (3, 3.9, "rollback", "mara", 1.0, "back to version 1: start-up on older Androids"),
        (4, 3.0, "publish", "job", 1.0, "5 classes changed"),
        (5, 0.03, "publish", "job", 0.5, "form=mobile,os=android: 10 % exploration on webgpu"),
    )
    plans = {entry[0]: {"blazeface": {"arms": []}} for entry in _DECISIONS}
    return [
        {
            "app": app,
            "version": version,
            "created_at": now - timedelta(days=age),
            "author": author,
            "action": action,
            "note": note,
            "enabled": True,
            "sample_rate": rate,
            "plans": json.dumps(plans),
            "canaries": "",
        }
        for version, age, action, author, rate, note in story
    ]


def _findings(now: datetime, app: str) -> list[Finding]:
    def finding(
        kind: FindingKind, release: str, backend: str, state: str, severity: str, **rest: Any
    ) -> Finding:
        return Finding(
            kind=kind,
            cohort=Cohort(app=app, model="blazeface", release=release, backend=Backend(backend)),
            state=FindingState(state),
            severity=Severity(severity),
            **rest,
        )

    return [
        finding(
            FindingKind.TENSOR_LEAK,
            "1.5.0",
            "webgl",
            "open",
            "critical",
            opened_at=now - timedelta(days=2, hours=3),
            updated_at=now - timedelta(minutes=12),
            summary="blazeface on webgl in release 1.5.0 keeps 2 tensors per prediction "
            "(61 of 63 sessions leak); release 1.4.0: 0 of 187.",
            evidence={
                "sessions": 63,
                "leaking": 61,
                "share": 0.968,
                "share_lower": 0.902,
                "slope": {"p25": 1.99, "median": 2.0, "p75": 2.01},
                "growth_median": 588,
                "predictions_median": 294,
                "before": {"release": "1.4.0", "sessions": 187, "leaking": 0},
            },
        ),
        finding(
            FindingKind.GPU_BYTES_LEAK,
            "1.5.0",
            "webgl",
            "open",
            "warning",
            opened_at=now - timedelta(days=1, hours=20),
            updated_at=now - timedelta(minutes=12),
            summary="blazeface on webgl in release 1.5.0 keeps 16.0 Ki GPU bytes per prediction "
            "(58 of 63 sessions leak).",
            evidence={"sessions": 63, "leaking": 58, "slope": {"median": 16384}},
        ),
        finding(
            FindingKind.BYTES_LEAK,
            "1.4.0",
            "cpu",
            "resolved",
            "warning",
            opened_at=now - timedelta(days=5),
            updated_at=now - timedelta(days=3),
            resolved_at=now - timedelta(days=3),
            summary="blazeface on cpu is clean again: 0 of the newest 24 sessions leak.",
            evidence={"sessions": 24, "leaking": 0},
        ),
    ]


def _row(finding: Finding) -> dict[str, Any]:
    return {
        "finding_id": finding.finding_id,
        "kind": finding.kind,
        **finding.cohort.model_dump(mode="json"),
        "state": finding.state,
        "severity": finding.severity,
        "opened_at": finding.opened_at,
        "updated_at": finding.updated_at,
        "resolved_at": finding.resolved_at,
        "summary": finding.summary,
        "evidence": json.dumps(finding.evidence),
    }
