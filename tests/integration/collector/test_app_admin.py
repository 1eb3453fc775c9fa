"""Apps and keys over the admin endpoints of a running collector."""

import json
import time
from typing import Any

import pytest

from collector.contract.reasons import Problem, Reason
from tests.integration.collector.conftest import Running
from tests.unit.ingest.reports import a_report, encoded


class Admin:
    """Calls with the admin token."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._token = {"authorization": f"Bearer {running.collector.admin_token}"}

    def call(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        answer = self._running.client.request(
            method,
            f"/v1/admin/{path}",
            content=None if body is None else json.dumps(body),
            params=query,
            headers=self._token,
        )
        assert answer.headers["cache-control"] == "no-store"
        if answer.status_code != 200:
            return Problem.model_validate(answer.json())
        return answer.json()


@pytest.fixture
def admin(running: Running) -> Admin:
    return Admin(running)


def status_of(running: Running, app: str, key: str, **headers: str) -> tuple[int, str | None]:
    answer = running.post(a_report(app=app), key=key, **headers)
    return answer.status_code, answer.json().get("code")


def test_a_key_is_good_from_its_answer_on_and_bad_from_the_answer_to_its_revocation(
    running: Running, admin: Admin
) -> None:
    made = admin.call("POST", "apps", {"app": "fresh", "label": "one", "author": "alice"})
    key = made["key"]["key"]
    assert status_of(running, "fresh", key) == (202, None)
    assert status_of(running, "demo", key) == (401, "unknown_key")
    second = admin.call("POST", "apps/fresh/keys", {"label": "two"})
    assert status_of(running, "fresh", second["key"]) == (202, None)
    admin.call("DELETE", f"apps/fresh/keys/{made['key']['key_id']}", author="alice", note="rotated")
    assert status_of(running, "fresh", key) == (401, "unknown_key")
    assert status_of(running, "fresh", second["key"]) == (202, None)
    admin.call("DELETE", "apps/fresh")
    assert status_of(running, "fresh", second["key"]) == (401, "unknown_key")
    trail = admin.call("GET", "audit", app="fresh")["entries"]
    assert [(entry["action"], entry["author"]) for entry in reversed(trail)] == [
        ("add", "alice"),
        ("add_key", "admin"),
        ("revoke_key", "alice"),
        ("remove", "admin"),
    ]


def test_origins_hold_from_the_answer_on(running: Running, admin: Admin) -> None:
    made = admin.call("POST", "apps", {"app": "pages", "wanted": {"origins": ["https://one.example"]}})
    key = made["key"]["key"]
    assert status_of(running, "pages", key, origin="https://one.example") == (202, None)
    assert status_of(running, "pages", key, origin="https://two.example") == (403, "origin_not_allowed")
    admin.call("PATCH", "apps/pages", {"wanted": {"origins": ["https://two.example"]}})
    assert status_of(running, "pages", key, origin="https://one.example") == (403, "origin_not_allowed")
    assert status_of(running, "pages", key, origin="https://two.example") == (202, None)


def test_a_sample_rate_goes_out_with_the_config_at_once_and_changes_its_etag(
    running: Running, admin: Admin
) -> None:
    admin.call("POST", "apps", {"app": "rare", "wanted": {"sample_rate": 0.25}})
    before = running.client.get("/v1/config/rare")
    assert json.loads(before.json()["document"])["sample_rate"] == 0.25
    admin.call("PATCH", "apps/rare", {"wanted": {"sample_rate": 0.5}})
    after = running.client.get("/v1/config/rare", headers={"if-none-match": before.headers["etag"]})
    assert after.status_code == 200
    assert json.loads(after.json()["document"])["sample_rate"] == 0.5
    admin.call("PATCH", "apps/rare", {"wanted": {"sample_rate": None}})
    document = json.loads(running.client.get("/v1/config/rare").json()["document"])
    assert document["sample_rate"] == 1.0
    admin.call("DELETE", "apps/rare")
    assert running.client.get("/v1/config/rare").json()["code"] == "unknown_app"


def test_an_owner_is_set_shown_and_audited(running: Running, admin: Admin) -> None:
    made = admin.call("POST", "apps", {"app": "owned", "wanted": {"owner": "web"}})
    assert made["app"]["owner"] == "web"
    assert admin.call("PATCH", "apps/owned", {"wanted": {"owner": "ml"}})["owner"] == "ml"
    assert admin.call("GET", "apps/owned")["owner"] == "ml"
    newest = admin.call("GET", "audit?app=owned")["entries"][0]
    assert newest["changes"] == {"owner": {"before": "web", "after": "ml"}}


def test_an_objective_is_set_shown_and_audited(running: Running, admin: Admin) -> None:
    made = admin.call("POST", "apps", {"app": "aims", "wanted": {"objective": "loop"}})
    assert made["app"]["objective"] == "loop"
    changed = admin.call("PATCH", "apps/aims", {"wanted": {"objective": "loop,fps=60"}})
    assert changed["objective"] == "frame_rate=1,first_result=1,quantile=0.75,fps=60"
    assert admin.call("GET", "apps/aims")["objective"] == changed["objective"]
    refused = admin.call("PATCH", "apps/aims", {"wanted": {"objective": "ready=1,speed=2"}})
    assert refused.code == Reason.BAD_CALL.code
    assert "wanted.objective: there is no objective or term 'speed'" in refused.detail
    assert admin.call("PATCH", "apps/aims", {"wanted": {"objective": None}})["objective"] is None
    newest, before, _ = admin.call("GET", "audit", app="aims")["entries"]
    assert newest["changes"] == {"objective": {"before": changed["objective"], "after": None}}
    assert before["changes"]["objective"]["after"] == changed["objective"]
    assert admin.call("POST", "jobs/recommend", app="aims")["apps"] == ["aims"]


def test_a_page_that_reports_learns_of_a_new_sample_rate(running: Running, admin: Admin) -> None:
    key = admin.call("POST", "apps", {"app": "live"})["key"]["key"]

    def etag() -> str | None:
        told: str | None = running.post(a_report(app="live"), key=key).json()["config_etag"]
        return told

    deadline = time.monotonic() + 60
    while (first := etag()) is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    admin.call("PATCH", "apps/live", {"wanted": {"sample_rate": 0.1}})
    while (told := etag()) == first:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert told is not None


def test_the_day_a_key_was_used_is_shown(running: Running, admin: Admin) -> None:
    key = admin.call("POST", "apps", {"app": "used"})["key"]["key"]
    unused = admin.call("POST", "apps/used/keys", {"label": "unused"})["key_id"]
    assert status_of(running, "used", key) == (202, None)
    deadline = time.monotonic() + 60
    while True:
        last = {key["key_id"]: key["last_used"] for key in admin.call("GET", "apps/used")["keys"]}
        if any(last.values()):
            break
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert last[unused] is None


def test_new_apps_are_offered_by_the_fleet_page(running: Running, admin: Admin) -> None:
    admin.call("POST", "apps", {"app": "offered"})
    apps = running.client.get("/v1/fleet/apps").json()["apps"]
    assert "offered" in [app["app"] for app in apps]


@pytest.mark.parametrize(
    ("method", "path", "body", "reason"),
    [
        ("POST", "apps", {"app": "Not A Name"}, Reason.BAD_CALL),
        ("POST", "apps", {"app": "x", "wanted": {"origins": ["x.example"]}}, Reason.BAD_CALL),
        ("POST", "apps", {"app": "x", "wanted": {"retention_days": 100_000}}, Reason.BAD_CALL),
        ("POST", "apps", {"app": "x", "wanted": {"objective": "fast"}}, Reason.BAD_CALL),
        ("PATCH", "apps/demo", {"wanted": {"objective": "ready=-1"}}, Reason.BAD_CALL),
        ("PATCH", "apps/demo", {"wanted": {"owner": "Web Team"}}, Reason.BAD_CALL),
        ("PATCH", "apps/demo", {"wanted": {"objective": {"ready": 1}}}, Reason.BAD_CALL),
        ("POST", "apps", {"app": "x", "surprise": 1}, Reason.BAD_CALL),
        ("POST", "apps", {"app": "x", "author": "a b"}, Reason.BAD_CALL),
        ("POST", "apps", {"app": "x", "note": "n" * 70_000}, Reason.BODY_TOO_LARGE),
        ("POST", "apps", [], Reason.BAD_CALL),
        ("PATCH", "apps/none", {"wanted": {"sample_rate": 1}}, Reason.NOT_FOUND),
        ("PATCH", "apps/demo", {"wanted": {"sample_rate": 1}}, Reason.NOT_FOUND),
        ("PATCH", "apps/none", {"wanted": {}}, Reason.NOT_FOUND),
        ("DELETE", "apps/none", None, Reason.NOT_FOUND),
        ("DELETE", "apps/demo/keys/00000000", None, Reason.NOT_FOUND),
        ("GET", "apps/none", None, Reason.NOT_FOUND),
    ],
)
def test_a_call_that_does_not_fit_changes_nothing(
    running: Running, admin: Admin, method: str, path: str, body: Any, reason: Reason
) -> None:
    before = admin.call("GET", "audit")
    problem = admin.call(method, path, body)
    assert isinstance(problem, Problem)
    assert problem.code == reason.code
    assert "a b" not in problem.detail
    assert admin.call("GET", "audit") == before


@pytest.mark.parametrize("limit", ["none", "0", "5000", "-1"])
def test_a_trail_has_an_end(admin: Admin, limit: str) -> None:
    problem = admin.call("GET", "audit", limit=limit)
    assert isinstance(problem, Problem)
    assert problem.code == Reason.BAD_CALL.code
    assert "limit" in problem.detail


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "apps"),
        ("POST", "apps"),
        ("GET", "apps/demo"),
        ("PATCH", "apps/demo"),
        ("DELETE", "apps/demo"),
        ("POST", "apps/demo/keys"),
        ("DELETE", "apps/demo/keys/00000000"),
        ("GET", "audit"),
    ],
)
def test_every_route_asks_for_the_token_and_a_write_key_is_none(
    running: Running, method: str, path: str
) -> None:
    for header in ("", "Bearer demo-key", f"Basic {running.collector.admin_token}"):
        answer = running.client.request(method, f"/v1/admin/{path}", headers={"authorization": header})
        assert answer.status_code == 401
        assert answer.json()["code"] == Reason.ADMIN_TOKEN_REQUIRED.code


def test_apps_are_counted(running: Running, admin: Admin) -> None:
    def counted() -> float:
        lines = running.client.get("/metrics").text.splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith("inferfleet_apps "))

    before = counted()
    admin.call("POST", "apps", {"app": "counted"})
    assert counted() == before + 1


def test_a_key_in_a_header_serves_as_well(running: Running, admin: Admin) -> None:
    key = admin.call("POST", "apps", {"app": "header"})["key"]["key"]
    answer = running.client.post(
        "/v1/report",
        content=encoded(a_report(app="header")),
        headers={"x-inferfleet-key": key, "content-type": "application/json"},
    )
    assert answer.status_code == 202
