"""The endpoints that the documents list are those that a collector answers, and no others."""

import re
from pathlib import Path

import pytest
from fastapi.routing import iter_route_contexts

from collector.api.app import CRASHES_PATH, REPORT_PATH, make_routes
from collector.operations.catalogue import OPERATIONS, Call
from tests.integration.collector.conftest import Running

DOCS = Path(__file__).parents[3] / "docs"
_CALL = re.compile(r"`(?:(GET|POST|PATCH|DELETE) )?(/[^`\s?]*)[^`]*`")
_NAMED = re.compile(r"`(GET|POST|PUT|PATCH|DELETE) (/[^`\s?]*)[^`]*`")
PAGES = [DOCS.parent / "README.md", DOCS.parent / "client_sdk_js" / "README.md", *DOCS.rglob("*.md")]
OF_FASTAPI = {("GET", "/openapi.json")}


def endpoints(page: str, heading: str) -> set[tuple[str, str]]:
    """Methods and paths in the first column of the tables below a heading; ``…`` stands for the rest."""
    section = (DOCS / page).read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = set()
    for row in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE):
        method = ""
        for named, path in _CALL.findall(row):
            method = named or method  # "`GET /healthz`, `/readyz`" are both asked with GET
            found.add((method, path))
    return found


@pytest.fixture(scope="module")
def served(shared: Running) -> set[tuple[str, str]]:
    """Methods and paths that a collector without a demo folder answers; HEAD and OPTIONS go with them."""
    app = make_routes(shared.collector)
    # A router that was included is one route of the app; its own have their whole paths here alone.
    routes = {
        (method, str(route.path))
        for route in iter_route_contexts(app.routes)
        for method in route.methods or ()
        if method not in ("HEAD", "OPTIONS")
    }
    return {*routes, ("POST", REPORT_PATH), ("POST", CRASHES_PATH)} - OF_FASTAPI


def covers(listed: tuple[str, str], route: tuple[str, str]) -> bool:
    (method, path), (answered, place) = listed, route
    if path.endswith("…"):
        return method in ("", answered) and place.startswith(path.rstrip("…"))
    return (method, _shape(path)) == (answered, _shape(place))


def _shape(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


def test_the_map_lists_every_endpoint_and_none_that_there_is_not(served: set[tuple[str, str]]) -> None:
    listed = endpoints("architecture.md", "Endpoints") - {("GET", "/demo/")}  # api.demo_dir
    assert len(listed) > 8
    assert [line for line in listed if not any(covers(line, route) for route in served)] == []
    assert [route for route in served if not any(covers(line, route) for line in listed)] == []


@pytest.mark.parametrize(
    ("page", "heading", "prefix"),
    [
        ("operations.md", "Calls", "/v1/admin/"),
        ("dashboards.md", "The fleet page", "/v1/fleet/"),
    ],
)
def test_the_tables_of_calls_are_whole(
    page: str, heading: str, prefix: str, served: set[tuple[str, str]]
) -> None:
    listed = endpoints(page, heading)
    assert listed
    assert [line for line in listed if not any(covers(line, route) for route in served)] == []
    expected = {route for route in served if route[1].startswith(prefix) and "/jobs/" not in route[1]}
    assert [route for route in expected if not any(covers(line, route) for line in listed)] == []


def test_every_call_that_a_document_names_is_answered(served: set[tuple[str, str]]) -> None:
    patterns = [(method, re.sub(r"\{\w+\}", "[^/]+", path)) for method, path in served]
    patterns.append(("GET", "/demo/"))  # api.demo_dir
    named = [call for page in PAGES for call in _NAMED.findall(page.read_text())]
    assert len(named) > 15
    assert [
        (method, path)
        for method, path in named
        if not any(method == known and re.fullmatch(pattern, path) for known, pattern in patterns)
    ] == []


def test_every_operation_is_in_the_table() -> None:
    section = (DOCS / "operations.md").read_text().partition("\n## Calls\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| (.*) \|$", section, re.MULTILINE)
    named = {
        name: set(re.findall(r"`(\w+)`", arguments))
        for names, arguments in rows
        for name in re.findall(r"`(\w+)`", names)
    }
    assert named.keys() == OPERATIONS.keys()
    assert set().union(*named.values()) <= Call.model_fields.keys()
