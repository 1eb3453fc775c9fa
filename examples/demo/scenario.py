"""What the demo does, act by act."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from examples.demo.alertmanager import Alertmanager
from examples.demo.children import Children
from examples.demo.collector_process import APP, MODEL, CollectorProcess
from examples.demo.errors import DemoError
from examples.demo.http_wait import wait_for
from examples.demo.programs import Programs
from examples.demo.visits import FAMILIES, Visit, Wish, make_visits
from examples.demo.webhook_sink import WebhookSink

FROM_ALERTMANAGER = "/from-alertmanager"
FROM_COLLECTOR = "/from-collector"
_ALERT_SECONDS = 30

# Three visits are what the settings ask of an arm; wasm gets more, being soon done.
_VISITS = {"cpu": 3, "wasm": 5, "webgl": 3, "webgpu": 2}
_DEFAULT_VISITS = 3
_VISITORS_LATER = 3
_LEAKY_VISITS = 5


@dataclass(frozen=True)
class Alarm:
    """Where an alert about a leaking release arrived, and whether one about the clean release did."""

    leaky_release: str
    clean_release: str
    alertmanager: list[str]
    """Releases that Alertmanager has alerts of."""
    alertmanager_webhook: list[str]
    collector_webhook: list[str]
    clean_sessions: int
    """Visits of the clean release, all of which the leak job could have taken for leaking."""


@dataclass(frozen=True)
class Run:
    """All that a run of the demo measured."""

    before: list[Visit]
    """Visits without a config: TensorFlow.js's own choice, then every backend in turn."""
    later: list[Visit]
    """Visits with the config on."""
    leaky: list[Visit]
    decision: dict[str, Any]
    """The decision for this kind of device (``jobs.recommend.Outcome``)."""
    explanation: str
    alarm: Alarm
    batches: dict[str, int]
    """What is in the store: batch id -> rows."""
    duplicates: int

    @property
    def visits(self) -> list[Visit]:
        """All of them, in order."""
        return self.before + self.later + self.leaky


def play(
    children: Children,
    programs: Programs,
    collector: CollectorProcess,
    alertmanager: Alertmanager,
    sink: WebhookSink,
    say: Callable[[str], None],
) -> Run:
    """Plays all acts. The collector runs before and afterwards; it is stopped once, to look into its store.

    Raises:
        DemoError: an act could not be played.
    """
    say("→ Chromium visits the page: first with TensorFlow.js's own choice, then on every backend …")
    wishes = [Wish(f"default-{i}", f"default-{i}") for i in range(_DEFAULT_VISITS)]
    wishes += [
        Wish(f"{family}-{i}", f"{family}-{i}", backend=family)
        for family in FAMILIES
        for i in range(_VISITS[family])
    ]
    before = make_visits(children, programs, collector, wishes, say)
    collector.await_stored()

    say("→ inferfleet recommend, explain, publish …")
    outcomes = [outcome for outcome in collector.job("recommend")["outcomes"] if outcome["model"] == MODEL]
    if not outcomes:
        raise DemoError("inferfleet recommend decided nothing for the visits that were made")
    decision = _narrowest(outcomes)
    explanation = collector.command(
        "explain", "--app", APP, "--model", MODEL, "--device-class", decision["device_class"]
    )
    collector.job("publish")

    say("→ Visitors come back, with the config on …")
    later = make_visits(
        children,
        programs,
        collector,
        [Wish(f"later-{i}-{j}", f"later-{i}") for i in range(_VISITORS_LATER) for j in range(2)],
        say,
    )

    say("→ A release that forgets to dispose of its tensors goes out …")
    leaky = make_visits(
        children,
        programs,
        collector,
        [Wish(f"leaky-{i}", f"leaky-{i}", leak=True) for i in range(_LEAKY_VISITS)],
        say,
    )
    collector.await_stored()
    collector.job("leaks")
    alarm = _listen(alertmanager, sink, before + later, leaky)

    say("→ What the pages sent is compared with what the store holds …")
    collector.stop()
    stored = json.loads(
        children.ask(
            "stored",
            [sys.executable, "-m", "examples.demo.stored", f"chdb://{collector.data_dir / 'engine'}"],
            cwd=Path(__file__).resolve().parents[2],
            seconds=_ALERT_SECONDS * 4,
        )
    )
    return Run(
        before=before,
        later=later,
        leaky=leaky,
        decision=decision,
        explanation=explanation,
        alarm=alarm,
        batches=stored["batches"],
        duplicates=stored["duplicates"],
    )


def _narrowest(outcomes: list[dict[str, Any]]) -> dict[str, Any]:
    """The decision for the most specific class: the demo's visits all come from one kind of device."""
    return max(outcomes, key=lambda outcome: str(outcome["device_class"]).count("="))


def _listen(alertmanager: Alertmanager, sink: WebhookSink, clean: list[Visit], leaky: list[Visit]) -> Alarm:
    """Waits for the alert of the leaky release. What did not come is left for the outcome to tell."""
    release = str(leaky[0].result["release"])

    def heard() -> Alarm:
        return Alarm(
            leaky_release=release,
            clean_release=str(clean[0].result["release"]),
            alertmanager=[alert["labels"]["release"] for alert in alertmanager.alerts()],
            alertmanager_webhook=[
                alert["labels"]["release"]
                for body in sink.received(FROM_ALERTMANAGER)
                for alert in body["alerts"]
            ],
            collector_webhook=[body["cohort"]["release"] for body in sink.received(FROM_COLLECTOR)],
            clean_sessions=len(clean),
        )

    def everywhere() -> Alarm | None:
        alarm = heard()
        places = (alarm.alertmanager, alarm.alertmanager_webhook, alarm.collector_webhook)
        return alarm if all(release in place for place in places) else None

    try:
        return wait_for("the alert", everywhere, seconds=_ALERT_SECONDS)
    except DemoError:
        return heard()
