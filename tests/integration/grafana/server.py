"""A real HTTP server that answers as Grafana 11 does, and as what people put in front of it.

Grafana itself cannot be installed here: what it makes of the documents is not tested. Statuses and bodies
are those of Grafana's handlers for folders, dashboards, data sources and alert provisioning.
"""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

TOKEN = "glsa_test"
CLICKHOUSE = "grafana-clickhouse-datasource"
LOGIN_PAGE = "<!DOCTYPE html><html><head><title>Grafana</title></head><body>Log in</body></html>"
GROUP_PATH = "/v1/provisioning/folder/inferfleet/rule-groups/inferfleet-leaks"


class GrafanaServer(ThreadingHTTPServer):
    """Keeps what it is sent: an unknown uid is 404 until it was created.

    ``prefix`` is Grafana's sub-path. ``editor`` may not list data sources, as an editor's token may not.
    ``mood`` makes it answer requests with ``moody_path`` in them as something else would: ``login`` (200
    and a page), ``redirect`` (302 to ``location``), ``strange`` (JSON that is not Grafana's), ``text``.
    """

    daemon_threads = True

    def __init__(self, prefix: str = "", host: str = "127.0.0.1") -> None:
        if ":" in host:
            self.address_family = 10  # AF_INET6
        super().__init__((host, 0), Handler)
        self.prefix = prefix
        self.host = f"[{host}]" if ":" in host else host
        self.editor = False
        self.mood = ""
        self.moody_path = ""
        self.location = ""
        self.refuse_boards = False
        self.refusals: dict[tuple[str, str], tuple[int, dict[str, str]]] = {}
        self.datasources = [
            {"uid": "inferfleet-clickhouse", "name": "Inferfleet", "type": CLICKHOUSE},
            {"uid": "prom", "name": "Prometheus", "type": "prometheus"},
        ]
        self.folders: dict[str, dict[str, Any]] = {}
        self.boards: dict[str, dict[str, Any]] = {}
        self.rules: dict[str, dict[str, Any]] = {}
        self.groups: dict[str, dict[str, Any]] = {}
        self.log: list[tuple[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.server_address[1]}{self.prefix}"

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """Status and body of one request to the API, ``path`` without ``/api``."""
        for (refused, part), answer in self.refusals.items():
            if method == refused and part in path:
                return answer
        kind, _, uid = path.rpartition("/")
        match method, kind, uid:
            case "GET", "", "datasources":
                if self.editor:
                    return 403, {"message": "You'll need additional permissions: datasources:read"}
                return 200, self.datasources
            case "GET", "/frontend", "settings":
                return 200, {"datasources": {entry["name"]: entry for entry in self.datasources}}
            case "POST", "", "folders":
                self.folders[body["uid"]] = body
                return 200, body
            case "GET", "/folders", _:
                found = self.folders.get(uid)
                return (200, found) if found else (404, {"message": "folder not found"})
            case "POST", "/dashboards", "db":
                return self._save_board(body)
            case "PUT", "/v1/provisioning/alert-rules", _:
                if uid not in self.rules:
                    return 404, {"message": "rule not found"}
                self.rules[uid] = body
                return 200, body
            case "POST", "/v1/provisioning", "alert-rules":
                self.rules[body["uid"]] = body
                # A rule brings no interval: a group that is new gets the server's own.
                self.groups.setdefault(body["ruleGroup"], {"interval": 60})
                return 201, body
        if method == "PUT" and path == GROUP_PATH:
            self.groups[body["title"]] = body
            self.rules = {rule["uid"]: rule for rule in body["rules"]}
            return 200, body
        return 404, {"message": f"not an endpoint of this test: {path}"}

    def _save_board(self, body: Any) -> tuple[int, Any]:
        if self.refuse_boards:
            return 403, {"message": "Access denied"}
        assert body["overwrite"]
        assert body["folderUid"] in self.folders
        self.boards[body["dashboard"]["uid"]] = body["dashboard"]
        return 200, {"status": "success", "uid": body["dashboard"]["uid"], "id": len(self.boards)}


class Handler(BaseHTTPRequestHandler):
    server: GrafanaServer

    def log_message(self, *_: object) -> None:
        return

    def do_GET(self) -> None:
        self._handle(None)

    def do_POST(self) -> None:
        self._handle(self._body())

    def do_PUT(self) -> None:
        self._handle(self._body())

    def _body(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def _handle(self, body: Any) -> None:
        grafana = self.server
        path = unquote(self.path)
        grafana.log.append((self.command, path))
        if grafana.moody_path in path:
            match grafana.mood:
                case "login":
                    return self._send(200, "text/html; charset=UTF-8", LOGIN_PAGE)
                case "text":
                    return self._send(200, "text/plain", "ok")
                case "strange":
                    return self._send(200, "application/json", json.dumps({"status": "ok"}))
                case "redirect":
                    return self._send(302, "text/html", "", location=grafana.location)
        start = f"{grafana.prefix}/api"
        if not path.startswith(f"{start}/"):
            # What a browser would be shown: the front end, which asks to log in.
            return self._send(200, "text/html; charset=UTF-8", LOGIN_PAGE)
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self._send(401, "application/json", json.dumps({"message": "Invalid API key"}))
        status, answer = grafana.answer(self.command, path.removeprefix(start), body)
        return self._send(status, "application/json", json.dumps(answer))

    def _send(self, status: int, kind: str, text: str, *, location: str = "") -> None:
        data = text.encode()
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
