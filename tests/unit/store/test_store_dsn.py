"""A DSN says where the store is; a bad one says in one line what to write; no message shows a password."""

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from collector.store import Dsn, InvalidDsn
from collector.store.settings import StoreSettings


def test_chdb_names_a_folder_in_one_spelling(tmp_path: Path) -> None:
    dsn = Dsn.parse(f"chdb://{tmp_path}/a/../engine/")
    assert (dsn.embedded, dsn.path, dsn.database) == (True, tmp_path / "engine", "inferfleet")
    assert str(dsn) == f"chdb://{tmp_path}/engine"
    assert Dsn.parse("chdb:///with%20space/engine").path == Path("/with space/engine")


def test_http_names_a_server_and_a_database() -> None:
    dsn = Dsn.parse("https://fleet:p%40ss%2Fword@ch.example:9443/telemetry")
    assert (dsn.scheme, dsn.host, dsn.port, dsn.database) == ("https", "ch.example", 9443, "telemetry")
    assert (dsn.username, dsn.password, dsn.embedded) == ("fleet", "p@ss/word", False)


@pytest.mark.parametrize(
    ("text", "port"), [("http://ch.example", 8123), ("https://ch.example/", 8443), ("http://[::1]/x", 8123)]
)
def test_port_user_and_database_have_defaults(text: str, port: int) -> None:
    dsn = Dsn.parse(text)
    assert (dsn.port, dsn.username, dsn.password) == (port, "default", "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/var/lib/inferfleet",
        "clickhouse://hunter2@host",
        "chdb://relative/path",
        "chdb://",
        "chdb:///",
        "chdb:///path?hunter2=1",
        "http://",
        "http://user:hunter2@host:port/db",
        "http://user:hunter2@host:99999/db",
        "http://user:hunter2@host/two/levels",
        "http://user:hunter2@host/db`; DROP",
        "http://user:hunter2@host/db?secure=1",
        "http://user:hunter2@[::1/db",
    ],
)
def test_a_bad_dsn_is_refused_in_one_line_with_an_example_and_without_the_password(text: str) -> None:
    with pytest.raises(InvalidDsn) as refused:
        Dsn.parse(text)
    message = str(refused.value)
    assert "\n" not in message
    assert "chdb:///" in message
    if "user:" in text:
        assert "hunter2" not in message


def test_the_password_is_in_no_text_of_a_dsn() -> None:
    dsn = Dsn.parse("http://fleet:hunter2@ch.example/db")
    assert "hunter2" not in f"{dsn} {dsn!r} {dsn.__str__()}"


def test_settings_keep_the_dsn_secret_and_refuse_a_bad_one() -> None:
    settings = StoreSettings(dsn=SecretStr("http://fleet:hunter2@ch.example/db"))
    assert "hunter2" not in f"{settings!r} {settings.model_dump_json()}"
    with pytest.raises(ValidationError, match="begins with chdb://"):
        StoreSettings(dsn=SecretStr("sqlite:///hunter2"))
    assert StoreSettings().dsn is None
