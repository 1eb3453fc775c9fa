"""What Alertmanager does that surprises people. Delivery is built around it; a version that does otherwise
shows here first.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integration.alerts.alertmanagers import Alertmanager
from tests.integration.alerts.programs import wait_for
from tests.integration.alerts.receiver import Receiver

pytestmark = pytest.mark.timeout(1500)  # the first of them may have to build Alertmanager


def named(name: str, **labels: str) -> dict[str, Any]:
    return {"labels": {"alertname": name, **labels}}


def names(alertmanager: Alertmanager) -> set[str]:
    return {alert["labels"]["alertname"] for alert in alertmanager.alerts()}


def is_current(alertmanager: Alertmanager) -> bool:
    major, minor, _ = alertmanager.version.split(".")
    return (int(major), int(minor)) >= (0, 27)  # UTF-8 in names of labels


def test_one_bad_link_is_422_and_none_is_kept(alertmanager: Alertmanager) -> None:
    bad = {**named("Bad"), "generatorURL": "fleet.example/?app=shop"}
    status, why = alertmanager.post(named("Good"), bad)
    assert status == 422
    assert "generatorURL" in why
    assert names(alertmanager) == set()


def test_one_bad_alert_is_400_and_the_others_are_kept(alertmanager: Alertmanager) -> None:
    now = datetime.now(UTC)
    backwards = {
        **named("Bad"),
        "startsAt": now.isoformat(),
        "endsAt": (now - timedelta(hours=1)).isoformat(),
    }
    status, why = alertmanager.post(named("First"), backwards, named("Last"))
    assert status == 400
    assert "start time must be before end time" in why
    assert names(alertmanager) == {"First", "Last"}


def test_a_name_of_a_label_with_a_hyphen_is_bad_in_old_versions_only(alertmanager: Alertmanager) -> None:
    status, _ = alertmanager.post(named("Good"), {"labels": {"alertname": "Odd", "device-class": "phone"}})
    assert (status, names(alertmanager)) == (
        (200, {"Good", "Odd"}) if is_current(alertmanager) else (400, {"Good"})
    )


def test_a_label_without_a_value_is_dropped(alertmanager: Alertmanager) -> None:
    assert alertmanager.post(named("Alert", release=""))[0] == 200
    assert alertmanager.alerts()[0]["labels"] == {"alertname": "Alert"}


def test_an_alert_that_starts_later_is_active_and_told_at_once(
    alertmanager: Alertmanager, receiver: Receiver
) -> None:
    now = datetime.now(UTC)
    later = {
        "startsAt": (now + timedelta(hours=1)).isoformat(),
        "endsAt": (now + timedelta(hours=2)).isoformat(),
    }
    assert alertmanager.post({**named("Later"), **later})[0] == 200
    assert alertmanager.alerts()[0]["status"]["state"] == "active"
    assert wait_for("the receiver is told", lambda: receiver.bodies)[0]["status"] == "firing"


def test_an_end_without_a_start_is_the_start_as_well(alertmanager: Alertmanager) -> None:
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    assert alertmanager.post({**named("Alert"), "endsAt": end.isoformat()})[0] == 200
    (alert,) = alertmanager.alerts()
    assert datetime.fromisoformat(alert["startsAt"]) == datetime.fromisoformat(alert["endsAt"]) == end


@pytest.mark.parametrize("group_wait", ["2s"])
def test_an_alert_that_started_long_ago_does_not_wait_for_its_group(
    alertmanager: Alertmanager, receiver: Receiver
) -> None:
    now = datetime.now(UTC)
    old = (now - timedelta(minutes=5)).isoformat()
    started = now.timestamp()
    alertmanager.post({**named("Old"), "startsAt": old})
    wait_for("the receiver is told", lambda: receiver.bodies)
    assert datetime.now(UTC).timestamp() - started < 1.5
    receiver.received.clear()
    started = datetime.now(UTC).timestamp()
    alertmanager.post({**named("New"), "startsAt": datetime.now(UTC).isoformat()})
    wait_for("the receiver is told", lambda: receiver.bodies)
    assert datetime.now(UTC).timestamp() - started > 1.5


def test_an_end_that_is_sent_again_is_told_again_with_the_next_of_its_group(
    alertmanager: Alertmanager, receiver: Receiver
) -> None:
    now = datetime.now(UTC)
    stays, ends, comes = (named("Alert", app="shop", model=model) for model in ("stays", "ends", "comes"))
    ended = {**ends, "startsAt": (now - timedelta(hours=2)).isoformat(), "endsAt": now.isoformat()}

    def told() -> dict[str, str]:
        return {alert["labels"]["model"]: alert["status"] for alert in receiver.bodies[-1]["alerts"]}

    alertmanager.post(stays, ends)
    wait_for("both are told", lambda: receiver.bodies and told() == {"stays": "firing", "ends": "firing"})
    alertmanager.post(ended)
    wait_for("the end is told", lambda: told() == {"stays": "firing", "ends": "resolved"})
    count = len(receiver.bodies)
    alertmanager.post(ended, comes)
    wait_for("another one is told", lambda: len(receiver.bodies) > count)
    assert told() == {"stays": "firing", "comes": "firing", "ends": "resolved"}
