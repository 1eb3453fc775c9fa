"""Boards and rules pushed over real HTTP to a server that answers as Grafana does, and to what is none."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import dashboards
from dashboards.__main__ import main
from dashboards.grafana.address import BadAddress, connection_to
from dashboards.grafana.errors import PushError
from tests.integration.grafana.server import CLICKHOUSE, TOKEN, GrafanaServer


@contextmanager
def running(server: GrafanaServer) -> Iterator[GrafanaServer]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def grafana() -> Iterator[GrafanaServer]:
    with running(GrafanaServer()) as server:
        yield server


def test_pushing_creates_folder_boards_and_rules(grafana: GrafanaServer):
    summary = dashboards.push(grafana.url, TOKEN)
    assert summary.boards == ("inferfleet-fleet", "inferfleet-memory") == tuple(grafana.boards)
    assert (
        summary.rules
        == tuple(grafana.rules)
        == ("inferfleet-leak-finding", "inferfleet-regression-finding", "inferfleet-tensor-slope")
    )
    assert list(grafana.folders) == ["inferfleet"]
    for rule in grafana.rules.values():
        assert rule["folderUID"] == "inferfleet"
        assert rule["data"][0]["datasourceUid"] == "inferfleet-clickhouse"


def test_the_rules_are_evaluated_at_their_own_interval(grafana: GrafanaServer):
    dashboards.push(grafana.url, TOKEN)
    group = grafana.groups["inferfleet-leaks"]
    assert group["interval"] == 300
    assert [rule["uid"] for rule in group["rules"]] == list(grafana.rules)


def test_a_pushed_rule_keeps_single_dollars(grafana: GrafanaServer):
    """Only a file is expanded by Grafana; the API takes texts as they are."""
    dashboards.push(grafana.url, TOKEN, runbooks="https://wiki.example/ml/")
    rule = grafana.rules["inferfleet-leak-finding"]
    texts = [*rule["labels"].values(), *rule["annotations"].values()]
    assert any("$labels" in text for text in texts)
    assert not any("$$" in text for text in texts)
    assert rule["annotations"]["runbook_url"] == "https://wiki.example/ml/{{ $labels.kind }}.md"
    assert rule["annotations"]["description"]


def test_pushing_again_replaces_and_creates_nothing_twice(grafana: GrafanaServer):
    dashboards.push(grafana.url, TOKEN)
    before = (dict(grafana.boards), dict(grafana.rules), dict(grafana.groups))
    grafana.log.clear()
    dashboards.push(grafana.url, TOKEN)
    assert (grafana.boards, grafana.rules, grafana.groups) == before
    assert ("POST", "/api/folders") not in grafana.log
    assert ("POST", "/api/v1/provisioning/alert-rules") not in grafana.log


@pytest.mark.parametrize("ending", ["", "/"])
def test_a_sub_path_works_with_and_without_its_last_slash(ending: str):
    with running(GrafanaServer(prefix="/grafana")) as server:
        assert dashboards.push(server.url + ending, TOKEN).boards
        assert server.boards
        assert {path.split("/api/")[0] for _, path in server.log} == {"/grafana"}


def test_an_ipv6_address_works():
    with running(GrafanaServer(host="::1")) as server:
        assert server.url.startswith("http://[::1]:")
        assert dashboards.push(server.url, TOKEN).boards


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://grafana.example", ("https", "grafana.example", None, "")),
        ("http://h:3000/", ("http", "h", 3000, "")),
        ("http://h/grafana", ("http", "h", None, "grafana/")),
        ("http://h/a/b//", ("http", "h", None, "a/b/")),
        ("http://[::1]:3000", ("http", "[::1]", 3000, "")),
        (" https://h/ ", ("https", "h", None, "")),
    ],
)
def test_an_address_becomes_the_client_s_parts(url: str, base: tuple[object, ...]):
    assert tuple(connection_to(url)) == base


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("grafana.example", "no http"),
        ("ftp://h", "no http"),
        ("http://", "no http"),
        ("", "no http"),
        ("http://h:port", "URL"),
        ("http://[::1", "URL"),
        ("http://me:secret@h", "user name"),
        ("http://h/d/abc?orgId=1", "page"),
        ("http://h/#/x", "page"),
    ],
)
def test_an_address_that_cannot_be_grafana_s_is_an_error_that_says_what_fits(url: str, word: str):
    with pytest.raises(BadAddress, match=r"https://grafana\.example") as raised:
        connection_to(url)
    assert word.replace("no http", "is not an http or https URL") in str(raised.value)
    assert "secret" not in str(raised.value)


def test_a_wrong_sub_path_that_shows_the_login_page_is_no_success():
    with running(GrafanaServer(prefix="/grafana")) as server:
        with pytest.raises(PushError, match="not Grafana's") as raised:
            dashboards.push(server.url.removesuffix("/grafana"), TOKEN)
        assert "sub-path" in str(raised.value)
        assert not server.boards


STEPS = ("/datasources", "/folders", "/dashboards/db", "/alert-rules", "/rule-groups")


@pytest.mark.parametrize("mood", ["login", "strange", "text"])
@pytest.mark.parametrize("step", STEPS)
def test_no_step_takes_another_answer_for_success(grafana: GrafanaServer, mood: str, step: str):
    grafana.mood, grafana.moody_path = mood, step
    with pytest.raises(PushError, match="not Grafana's") as raised:
        dashboards.push(grafana.url, TOKEN)
    assert "sub-path" in str(raised.value)
    assert "login page" in str(raised.value)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    ("location", "advice"),
    [
        ("/login", "That is a login"),
        ("https://sso.example/oauth/authorize?state=1", "That is a login"),
        ("https://grafana.example/", "Give the https address"),
        ("/grafana/", "sub-path"),
    ],
)
def test_a_redirect_is_not_followed_and_says_what_to_do(
    grafana: GrafanaServer, step: str, location: str, advice: str
):
    grafana.mood, grafana.moody_path, grafana.location = "redirect", step, location
    with pytest.raises(PushError, match="redirect") as raised:
        dashboards.push(grafana.url, TOKEN)
    assert advice in str(raised.value)
    assert "state=1" not in str(raised.value)
    asked = [path for _, path in grafana.log]
    assert sum(step in path for path in asked) == 1
    assert not any(path.startswith(("/login", "/grafana/")) for path in asked)


@pytest.mark.parametrize("name", ["analytics", "Click House 2"])
def test_a_data_source_is_named_by_uid_or_by_name(grafana: GrafanaServer, name: str):
    grafana.datasources.append({"uid": "analytics", "name": "Click House 2", "type": CLICKHOUSE})
    dashboards.push(grafana.url, TOKEN, datasource=name)
    for rule in grafana.rules.values():
        assert rule["data"][0]["datasourceUid"] == "analytics"
        assert rule["data"][0]["model"]["datasource"]["uid"] == "analytics"


def test_a_uid_goes_before_a_name(grafana: GrafanaServer):
    grafana.datasources.append({"uid": "other", "name": "inferfleet-clickhouse", "type": CLICKHOUSE})
    dashboards.push(grafana.url, TOKEN)
    assert {rule["data"][0]["datasourceUid"] for rule in grafana.rules.values()} == {"inferfleet-clickhouse"}


def test_an_editor_may_not_list_data_sources_and_still_pushes(grafana: GrafanaServer):
    grafana.editor = True
    assert dashboards.push(grafana.url, TOKEN, datasource="Inferfleet").rules
    with pytest.raises(PushError, match=r"inferfleet-clickhouse \(Inferfleet\)"):
        dashboards.push(grafana.url, TOKEN, datasource="nope")


def test_a_data_source_that_does_not_exist_lists_those_that_do(grafana: GrafanaServer):
    with pytest.raises(
        PushError, match=r"no data source 'nope'.*inferfleet-clickhouse \(Inferfleet\)"
    ) as raised:
        dashboards.push(grafana.url, TOKEN, datasource="nope")
    assert "prom" not in str(raised.value), "rules need ClickHouse"
    assert not grafana.boards, "nothing is half pushed"


def test_a_data_source_of_another_type_is_refused(grafana: GrafanaServer):
    with pytest.raises(PushError, match="of type prometheus"):
        dashboards.push(grafana.url, TOKEN, datasource="Prometheus")


def test_a_grafana_without_clickhouse_says_what_to_add(grafana: GrafanaServer):
    grafana.datasources = []
    with pytest.raises(PushError, match=f"none of ClickHouse.*{CLICKHOUSE}"):
        dashboards.push(grafana.url, TOKEN)


def test_a_wrong_token_says_so(grafana: GrafanaServer):
    with pytest.raises(PushError, match="the token is not valid there"):
        dashboards.push(grafana.url, "glsa_other")
    assert not grafana.boards


def test_a_token_that_may_not_write_says_which_role_it_needs(grafana: GrafanaServer):
    grafana.refuse_boards = True
    with pytest.raises(PushError, match="role Editor"):
        dashboards.push(grafana.url, TOKEN)


def test_a_missing_token_says_where_to_put_one():
    with pytest.raises(PushError, match="INFERFLEET_GRAFANA_TOKEN"):
        dashboards.push("http://127.0.0.1:9", "")


def test_no_grafana_there_is_one_clear_error(grafana: GrafanaServer):
    url = grafana.url
    grafana.shutdown()
    grafana.server_close()
    with pytest.raises(PushError, match="does not answer"):
        dashboards.push(url, TOKEN)


def test_the_command_pushes_with_the_token_of_the_environment(
    grafana: GrafanaServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("INFERFLEET_GRAFANA_TOKEN", TOKEN)
    main(["push", "--url", grafana.url, "--datasource", "Inferfleet"])
    assert "board inferfleet-fleet" in capsys.readouterr().out
    monkeypatch.delenv("INFERFLEET_GRAFANA_TOKEN")
    with pytest.raises(SystemExit, match="INFERFLEET_GRAFANA_TOKEN"):
        main(["push", "--url", grafana.url])


def test_inferfleet_s_command_fails_where_no_grafana_answers(
    grafana: GrafanaServer, monkeypatch: pytest.MonkeyPatch
):
    from typer.testing import CliRunner

    from collector.cli.dashboards import dashboards as commands

    monkeypatch.setenv("INFERFLEET_GRAFANA_TOKEN", TOKEN)
    done = CliRunner().invoke(commands, ["push", "--url", grafana.url, "--datasource", "Inferfleet"])
    assert done.exit_code == 0, done.output
    assert "rule inferfleet-tensor-slope" in done.output
    grafana.mood = "login"
    failed = CliRunner().invoke(commands, ["push", "--url", grafana.url])
    assert failed.exit_code != 0


def test_the_boards_ask_the_data_source_that_was_named(grafana: GrafanaServer):
    """Grafana would choose the first ClickHouse data source by name, whatever is in it."""
    grafana.datasources.insert(0, {"uid": "audit", "name": "Audit", "type": CLICKHOUSE})
    dashboards.push(grafana.url, TOKEN, datasource="Inferfleet")
    for board in grafana.boards.values():
        (variable,) = [entry for entry in board["templating"]["list"] if entry["name"] == "datasource"]
        assert variable["current"]["value"] == "inferfleet-clickhouse"
        assert variable["current"]["text"] == "Inferfleet"


def test_a_token_read_from_a_file_may_end_with_a_line_break(grafana: GrafanaServer):
    assert dashboards.push(grafana.url, f"{TOKEN}\r\n").boards


def test_a_token_of_two_lines_is_named(grafana: GrafanaServer):
    with pytest.raises(PushError, match="holds a line break"):
        dashboards.push(grafana.url, f"{TOKEN}\nother")


@pytest.mark.parametrize(
    ("method", "path", "status", "message", "advice"),
    [
        ("POST", "/folders", 412, "a folder with the same name already exists", "rename or remove"),
        ("PUT", "/alert-rules", 403, "cannot change provenance from 'file' to 'api'", "came from a file"),
        ("POST", "/dashboards/db", 400, "Cannot save provisioned dashboard", "came from a file"),
        ("POST", "/alert-rules", 403, "quota reached", "raise the limit"),
        ("POST", "/alert-rules", 404, "Not found", "Grafana 9.1 or newer"),
    ],
)
def test_a_refusal_says_what_helps(
    grafana: GrafanaServer, method: str, path: str, status: int, message: str, advice: str
):
    grafana.refusals[method, path] = (status, {"message": message})
    with pytest.raises(PushError, match=advice) as raised:
        dashboards.push(grafana.url, TOKEN)
    assert "sub-path" not in str(raised.value)
    assert "role Editor" not in str(raised.value)


def test_tls_that_does_not_come_about_says_what_to_try(grafana: GrafanaServer):
    with pytest.raises(PushError, match="does it answer to http:// instead"):
        dashboards.push(grafana.url.replace("http", "https", 1), TOKEN)
