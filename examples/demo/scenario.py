"""What the demo does, act by act."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from examples.demo.alertmanager import Alertmanager
from examples.demo.children import Children
from examples.demo.collector_process import APP, MIN_SESSIONS, MODEL, CollectorProcess
from examples.demo.errors import DemoError
from examples.demo.http_wait import wait_for
from examples.demo.programs import Programs
from examples.demo.variants import ORIGINAL, Variants, make_variants
from examples.demo.visits import FAMILIES, Profiles, Visit, Wish, make_visits
from examples.demo.webhook_sink import WebhookSink

FROM_ALERTMANAGER = "/from-alertmanager"
FROM_COLLECTOR = "/from-collector"
_ALERT_SECONDS = 30

# Each arm gets one vote more than the settings ask for (collector_process.py), since a visit may end before
# its page knows the GPU, and is of another class then. No arm is forced that TensorFlow.js picks by itself.
# With WebGPU in software one visit takes as long as ten of the others: two show that it is slow.
_VISITS_PER_ARM = MIN_SESSIONS + 1
_SLOW_PREDICTIONS = 2
_SLOW_MS = 10_000
_VISITORS_LATER = 4
_RACING_VISITORS = 6
_MOST_ROUNDS = 4
"""Of such visitors; one is enough on a machine that does nothing else. Evidence may be looked at any time."""
_RACING_VISITS = 2
"""Of each: a browser that was never here has no kind of device yet, and races for no other."""
_LEAKY_VISITS = 5
_LEAKY_SECONDS = 20
"""At most: a slow machine, too, should make as many predictions as the leak job asks of a session."""


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
class Tried:
    """The variants of the page's model: what was measured of them, and which one the visits chose."""

    variants: Variants
    racing: list[Visit]
    """Visits that measured variants against the original, each on its own device."""
    decision: dict[str, Any]
    chosen: list[Visit]
    """Second visits of people who had the original before, with the decision in force."""


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
    tried: Tried | None = None
    """None when variants were left out."""

    @property
    def visits(self) -> list[Visit]:
        """All of them, in order."""
        tried = self.tried.racing + self.tried.chosen if self.tried else []
        return self.before + self.later + tried + self.leaky


def play(
    children: Children,
    programs: Programs,
    collector: CollectorProcess,
    alertmanager: Alertmanager,
    sink: WebhookSink,
    say: Callable[[str], None],
    *,
    with_variants: bool,
) -> Run:
    """Plays all acts. The collector runs before and afterwards; it is stopped once, to look into its store.

    ``with_variants`` needs the converters.

    Raises:
        DemoError: an act could not be played.
    """
    say("→ Chromium visits the page: with TensorFlow.js's own choice, and on every other backend …")
    before = make_visits(children, programs, collector, [_default(0), _default(1)], say)
    others = [family for family in FAMILIES if family != before[0].family]
    quick = all(visit.result["first_prediction_ms"] < _SLOW_MS for visit in before)
    before += make_visits(children, programs, collector, _before(others, defaults=quick), say)
    collector.await_stored()

    say("→ inferfleet recommend, explain, publish …")
    decision, explanation = _decide(collector)

    say("→ Visitors come back, with the config on …")
    profiles: Profiles = {}
    later = make_visits(
        children,
        programs,
        collector,
        [Wish(f"later-{i}-{j}", f"later-{i}") for j in range(2) for i in range(_VISITORS_LATER)],
        say,
        profiles=profiles,
    )

    tried = None
    if with_variants:
        tried, explanation = _try_variants(children, programs, collector, later, profiles, say)

    say("→ A release that forgets to dispose of its tensors goes out …")
    leaky = make_visits(
        children,
        programs,
        collector,
        [Wish(f"leaky-{i}", f"leaky-{i}", leak=True, seconds=_LEAKY_SECONDS) for i in range(_LEAKY_VISITS)],
        say,
    )
    collector.await_stored()
    collector.job("leaks")
    clean = before + later + (tried.racing + tried.chosen if tried else [])
    alarm = _listen(alertmanager, sink, clean, leaky)

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
        tried=tried,
    )


def _decide(collector: CollectorProcess) -> tuple[dict[str, Any], str]:
    """(the decision for this kind of device, its explanation); it is published."""
    outcomes = [outcome for outcome in collector.job("recommend")["outcomes"] if outcome["model"] == MODEL]
    if not outcomes:
        raise DemoError("inferfleet recommend decided nothing for the visits that were made")
    decision = _deciding(outcomes)
    explanation = collector.command(
        "explain", "--app", APP, "--model", MODEL, "--device-class", decision["device_class"]
    )
    collector.job("publish")
    return decision, explanation


def _try_variants(
    children: Children,
    programs: Programs,
    collector: CollectorProcess,
    later: list[Visit],
    profiles: Profiles,
    say: Callable[[str], None],
) -> tuple[Tried, str]:
    """Makes variants. New visitors try them; those of ``later`` come back with the decision in force."""
    say("→ inferfleet variants build, evaluate, publish, register …")
    variants = make_variants(collector)
    for each in variants.made:
        error = "" if each.relative_error is None else f", {each.relative_error:.1%} off the original"
        verdict = f"refused by {', '.join(each.refused_by)}" if each.refused_by else "accepted"
        say(f"  {each.name}: {each.bytes:,} bytes{error}: {verdict}")
    _decide(collector)

    say("→ Visitors try what was accepted: on their second visit, pages race it against the original …")
    racing: list[Visit] = []
    for round_ in range(_MOST_ROUNDS):
        if round_:
            say("  A busy machine makes times unlike each other: nothing is sure yet, and more try …")
        visitors = [f"racing-{round_}-{i}" for i in range(_RACING_VISITORS)]
        wishes = [Wish(f"{name}-{j}", name) for j in range(_RACING_VISITS) for name in visitors]
        racing += make_visits(children, programs, collector, wishes, say)
        collector.await_stored()
        decision, explanation = _decide(collector)
        if decision["variant"] != ORIGINAL:
            break
    say("→ The visitors of before come back, with the decision in force …")
    visitors = list(dict.fromkeys(visit.wish.visitor for visit in later))
    again = [Wish(f"again-{visitor}", visitor) for visitor in visitors]
    chosen = make_visits(children, programs, collector, again, say, profiles=profiles)
    return Tried(variants, racing, decision, chosen), explanation


def _default(i: int) -> Wish:
    return Wish(f"default-{i}", f"default-{i}", predictions=_SLOW_PREDICTIONS)


def _before(families: Sequence[str], *, defaults: bool) -> list[Wish]:
    """The visits without a config after the first two, spread over the run, so that every chart grows.

    With ``defaults``, TensorFlow.js's own choice gets as many as the others.
    """
    wishes: list[Wish] = []
    for i in range(0, _VISITS_PER_ARM, 2):
        pair = range(i, min(i + 2, _VISITS_PER_ARM))
        if i and defaults:
            wishes += [_default(j) for j in pair]
        wishes += [
            Wish(f"{family}-{j}", f"{family}-{j}", backend=family) for family in families for j in pair
        ]
    return wishes


def _deciding(outcomes: list[dict[str, Any]]) -> dict[str, Any]:
    """The decision that steers the demo's one kind of device: that of its narrowest class that has one.

    A first visit does not know its GPU yet and counts for a wider class, so that the narrowest class of all
    may hold too few sessions; its devices then get the plan of the class above, as in production.
    """
    decided = [outcome for outcome in outcomes if outcome["state"] != "insufficient"]
    return max(decided or outcomes, key=lambda outcome: str(outcome["device_class"]).count("="))


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
