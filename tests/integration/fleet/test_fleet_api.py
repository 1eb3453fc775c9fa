"""Who may look, what may be asked, and how a refusal reads."""

import base64

import httpx
import pytest

from collector.api.fleet.routes import _is_loopback, fleet_router
from collector.store import Store
from tests.integration.fleet.seed import APP
from tests.integration.fleet.site import SILENT_APP, serve

PANEL = "/v1/fleet/panels/sessions"


def problem(answer: httpx.Response, status: int, code: str) -> dict:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["detail"]
    return body


def test_apps_are_those_that_reported_and_those_declared(fleet: httpx.Client):
    apps = fleet.get("/v1/fleet/apps").json()["apps"]
    assert [app["app"] for app in apps] == [APP, SILENT_APP]
    assert apps[0]["models"]
    assert apps[0]["releases"]
    assert "webgl" in apps[0]["backends"]
    assert apps[0]["last_seen_ms"] > apps[0]["first_seen_ms"] > 0
    assert apps[1] == {
        "app": SILENT_APP,
        "last_seen_ms": None,
        "first_seen_ms": None,
        "models": [],
        "releases": [],
        "backends": [],
    }


def test_an_unknown_panel_is_not_found(fleet: httpx.Client):
    body = problem(fleet.get("/v1/fleet/panels/nope", params={"app": APP}), 404, "not_found")
    assert "sessions" in body["detail"]


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({}, "app"),
        ({"app": ""}, "app"),
        ({"app": "Demo'; DROP TABLE windows; --"}, "app"),
        ({"app": "demo' OR '1'='1"}, "app"),
        ({"app": "demo\u0000"}, "app"),
        ({"app": "a" * 64}, "app"),
        ({"app": APP, "model": "x) OR (1=1"}, "model"),
        ({"app": APP, "release": "{release:String}"}, "release"),
        ({"app": APP, "release": "1' UNION ALL SELECT 1"}, "release"),
        ({"app": APP, "backend": "webgl' OR '1'='1"}, "backend"),
        ({"app": APP, "backend": "abacus"}, "backend"),
        ({"app": APP, "from": "yesterday"}, "from"),
        ({"app": APP, "from": "2026-01-01T00:00:00"}, "from"),
        ({"app": APP, "to": "99999999999999"}, "to"),
        ({"app": APP, "to": "0"}, "to"),
        ({"app": APP, "to": "-5"}, "to"),
        ({"app": APP, "to": "1e400"}, "to"),
        ({"app": APP, "from": "2000-01-01T00:00:00Z"}, "from"),
        ({"app": APP, "from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, "from"),
        ({"app": [APP, "other"]}, "app"),
    ],
)
def test_a_parameter_that_does_not_fit_is_named_and_not_repeated(fleet: httpx.Client, query: dict, path: str):
    body = problem(fleet.get(PANEL, params=query), 422, "invalid_query")
    assert body["errors"][0]["path"] == path
    assert not any(
        isinstance(value, str) and len(value) > 8 and value in body["detail"] for value in query.values()
    )


def test_an_app_that_fits_but_does_not_exist_is_empty(fleet: httpx.Client):
    answer = fleet.get(PANEL, params={"app": "nobody"})
    assert answer.json()["columns"] == {
        name: [0] for name in ("value", "previous", "weight", "previous_weight")
    }


def test_names_with_every_allowed_sign_reach_the_engine_as_values(fleet: httpx.Client):
    answer = fleet.get(PANEL, params={"app": APP, "release": "a/b@c+d-e_f.g", "model": "M.v+2-x_y"})
    assert answer.json()["columns"]["value"] == [0]


def test_an_answer_is_revalidated_by_its_etag(fleet: httpx.Client):
    times = {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}
    first = fleet.get(PANEL, params={"app": APP, **times})
    again = fleet.get(PANEL, params={"app": APP, **times}, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["cache-control"] == "private, max-age=5"


def test_an_answer_over_the_limits_says_to_ask_for_less(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(
        "collector.api.fleet.answer.LIMITS", "SETTINGS max_result_rows = 2, result_overflow_mode = 'throw'"
    )
    with serve(store) as url:
        answer = httpx.get(f"{url}/v1/fleet/panels/config_versions", params={"app": APP})
    body = problem(answer, 503, "store_unavailable")
    assert "shorter range" in body["detail"]


def test_a_query_that_takes_too_long_is_stopped(store: Store, monkeypatch: pytest.MonkeyPatch):
    from dashboards.panels import PANELS

    slow = PANELS["sessions"].model_copy(
        update={
            "sql": "SELECT count() AS value, 0 AS previous FROM numbers(1000000000000) WHERE number % 7 = 8"
        }
    )
    monkeypatch.setattr("collector.api.fleet.answer.LIMITS", "SETTINGS max_execution_time = 1")
    monkeypatch.setattr("collector.api.fleet.routes.PANELS", {"sessions": slow})
    with serve(store) as url:
        answer = httpx.get(f"{url}{PANEL}", params={"app": APP}, timeout=30)
    problem(answer, 503, "store_unavailable")
    assert answer.headers["retry-after"] == "5"


def test_the_page_and_its_files_carry_strict_headers(fleet: httpx.Client):
    page = fleet.get("/")
    assert page.status_code == 200
    names = [part.split('"')[0] for part in page.text.split('"fleet/')[1:]]
    assert {name.rsplit(".", 1)[1] for name in names} == {"js", "css", "svg"}
    for answer in (page, *(fleet.get(f"/fleet/{name}") for name in names), fleet.get("/v1/fleet/panels")):
        assert answer.status_code == 200
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy and "http" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert "immutable" in fleet.get(f"/fleet/{names[0]}").headers["cache-control"]
    assert page.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("name", ["../pyproject.toml", "..%2f..%2fpyproject.toml", "index.html", "nope.js"])
def test_only_the_built_files_are_served(fleet: httpx.Client, name: str):
    answer = fleet.get(f"/fleet/{name}")
    assert answer.status_code == 404
    assert "inferfleet" not in answer.text.split("type")[0]


TOKEN = "correct horse: battery"


@pytest.fixture(scope="module")
def guarded(store: Store):
    with serve(store, access="token", admin_token=TOKEN) as url:
        yield url


@pytest.mark.parametrize(
    "path", ["/", "/fleet/index.html", "/v1/fleet/apps", "/v1/fleet/panels", PANEL + "?app=demo"]
)
def test_everything_asks_for_the_admin_token(guarded: str, path: str):
    answer = httpx.get(guarded + path)
    problem(answer, 401, "admin_token_required")
    assert answer.headers["www-authenticate"].startswith("Basic ")


def test_the_admin_token_opens_the_page_under_any_name(guarded: str):
    assert httpx.get(f"{guarded}/v1/fleet/apps", auth=("anybody", TOKEN)).status_code == 200
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    assert httpx.get(f"{guarded}/v1/fleet/apps", headers=bearer).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic !!!",
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b"\xff:\xfe").decode(),
        "Basic " + base64.b64encode(f"a:{TOKEN} ".encode()).decode(),
        "Basic " + base64.b64encode(b"a:").decode(),
        "Bearer wrong",
        "Digest x",
    ],
)
def test_anything_else_is_refused(guarded: str, header: str):
    problem(httpx.get(f"{guarded}/", headers={"Authorization": header}), 401, "admin_token_required")


def test_token_access_without_a_token_does_not_start(store: Store):
    with pytest.raises(ValueError, match="needs an admin token"):
        fleet_router(store, access="token", admin_token="", apps=list)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:8080"}, 200),
        ({"Host": "[::1]:8080"}, 200),
        ({"Host": "evil.example"}, 401),
        ({"Host": "localhost.evil.example"}, 401),
        ({"Host": "127.0.0.1.evil.example:80"}, 401),
        ({"X-Forwarded-For": "203.0.113.9"}, 401),
        ({"Forwarded": "for=203.0.113.9"}, 401),
        ({"Host": "evil.example", "Authorization": f"Bearer {TOKEN}"}, 200),
    ],
)
def test_loopback_access_asks_those_for_the_token_who_are_not_at_this_machine(
    store: Store, headers: dict, status: int
):
    with serve(store, access="loopback", admin_token=TOKEN) as url:
        assert httpx.get(f"{url}/v1/fleet/panels", headers=headers).status_code == status


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("203.0.113.9", False),
        ("::ffff:203.0.113.9", False),
        ("testclient", False),
        ("", False),
    ],
)
def test_a_peer_elsewhere_is_not_at_this_machine_whatever_host_it_names(address: str, local: bool):
    assert _is_loopback(address) is local
