"""Against a real HTTP server that answers like Grafana's folder, dashboard and alert endpoints.

Grafana itself cannot be installed here, so what it makes of the documents is not tested.
"""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import dashboards
from dashboards.__main__ import main
from dashboards.grafana.push import PushError

TOKEN = "glsa_test"


class FakeGrafana(ThreadingHTTPServer):
    """Keeps what it is sent, as Grafana does: an unknown uid is 404 until it was created."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.folders: dict[str, dict] = {}
        self.boards: dict[str, dict] = {}
        self.rules: dict[str, dict] = {}
        self.log: list[tuple[str, str]] = []
        self.refuse_boards = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: FakeGrafana

    def log_message(self, *_: object) -> None:
        return

    def do_GET(self) -> None:
        self._handle(None)

    def do_POST(self) -> None:
        self._handle(self._body())

    def do_PUT(self) -> None:
        self._handle(self._body())

    def _body(self) -> dict:
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def _handle(self, body: dict | None) -> None:
        grafana = self.server
        grafana.log.append((self.command, self.path))
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self._answer(401, {"message": "Invalid API key"})
        kind, _, uid = self.path.removeprefix("/api/").rpartition("/")
        if self.path == "/api/folders" and body is not None:
            grafana.folders[body["uid"]] = body
            return self._answer(200, body)
        if kind == "folders":
            found = uid in grafana.folders
            return self._answer(
                200 if found else 404, grafana.folders.get(uid, {"message": "folder not found"})
            )
        if self.path == "/api/dashboards/db" and body is not None:
            if grafana.refuse_boards:
                return self._answer(403, {"message": "Access denied"})
            assert body["overwrite"] and body["folderUid"] in grafana.folders
            grafana.boards[body["dashboard"]["uid"]] = body["dashboard"]
            return self._answer(200, {"status": "success", "uid": body["dashboard"]["uid"]})
        if kind == "v1/provisioning/alert-rules" and self.command == "PUT":
            if uid not in grafana.rules:
                return self._answer(404, {"message": "rule not found"})
            grafana.rules[uid] = body or {}
            return self._answer(200, body or {})
        if self.path == "/api/v1/provisioning/alert-rules" and body is not None:
            grafana.rules[body["uid"]] = body
            return self._answer(201, body)
        return self._answer(404, {"message": f"not an endpoint of this test: {self.path}"})

    def _answer(self, status: int, body: dict) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def grafana() -> Iterator[FakeGrafana]:
    server = FakeGrafana()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_pushing_creates_folder_boards_and_rules(grafana: FakeGrafana):
    summary = dashboards.push(grafana.url, TOKEN, datasource_uid="my-clickhouse")
    assert summary.boards == ("inferfleet-fleet", "inferfleet-memory") == tuple(grafana.boards)
    assert summary.rules == tuple(grafana.rules) == ("inferfleet-leak-finding", "inferfleet-tensor-slope")
    assert list(grafana.folders) == ["inferfleet"]
    for rule in grafana.rules.values():
        assert rule["folderUID"] == "inferfleet"
        assert rule["data"][0]["datasourceUid"] == "my-clickhouse"


def test_pushing_again_replaces_and_creates_nothing_twice(grafana: FakeGrafana):
    dashboards.push(grafana.url, TOKEN)
    before = (dict(grafana.boards), dict(grafana.rules))
    grafana.log.clear()
    dashboards.push(grafana.url, TOKEN)
    assert (grafana.boards, grafana.rules) == before
    assert ("POST", "/api/folders") not in grafana.log
    assert ("POST", "/api/v1/provisioning/alert-rules") not in grafana.log


def test_a_wrong_token_says_so(grafana: FakeGrafana):
    with pytest.raises(PushError, match="the token is not valid there"):
        dashboards.push(grafana.url, "glsa_other")
    assert not grafana.boards


def test_a_token_that_may_not_write_says_which_role_it_needs(grafana: FakeGrafana):
    grafana.refuse_boards = True
    with pytest.raises(PushError, match="role Editor"):
        dashboards.push(grafana.url, TOKEN)


def test_a_missing_token_says_where_to_put_one():
    with pytest.raises(PushError, match="INFERFLEET_GRAFANA_TOKEN"):
        dashboards.push("http://127.0.0.1:9", "")


def test_no_grafana_there_is_one_clear_error(grafana: FakeGrafana):
    url = grafana.url
    grafana.shutdown()
    grafana.server_close()
    with pytest.raises(PushError, match="does not answer"):
        dashboards.push(url, TOKEN)


def test_the_command_pushes_with_the_token_of_the_environment(
    grafana: FakeGrafana, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("INFERFLEET_GRAFANA_TOKEN", TOKEN)
    main(["push", "--url", grafana.url])
    assert "board inferfleet-fleet" in capsys.readouterr().out
    monkeypatch.delenv("INFERFLEET_GRAFANA_TOKEN")
    with pytest.raises(SystemExit, match="INFERFLEET_GRAFANA_TOKEN"):
        main(["push", "--url", grafana.url])
