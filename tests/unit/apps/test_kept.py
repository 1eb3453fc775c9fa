import json
import stat
from datetime import UTC, datetime
from pathlib import Path

from collector.apps.changes import Wanted, add
from collector.apps.kept import KeptApps
from collector.apps.keys import make_key
from collector.contract.authorship import Act

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def test_what_was_kept_comes_back_for_the_same_store_only(tmp_path: Path) -> None:
    key, record = make_key("web", now=NOW)
    apps = [add(None, "shop", Wanted(), record, Act("alice", "", NOW))]
    path = tmp_path / "apps.json"
    KeptApps(path, store="http://one:8123/inferfleet").write(apps)
    assert KeptApps(path, store="http://one:8123/inferfleet").read() == apps
    assert KeptApps(path, store="http://two:8123/inferfleet").read() is None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert key not in path.read_text()


def test_a_file_of_before_objectives_is_read(tmp_path: Path) -> None:
    path = tmp_path / "apps.json"
    app = add(None, "shop", Wanted(objective="loop"), None, Act("alice", "", NOW))
    KeptApps(path, store="s").write([app])
    assert KeptApps(path, store="s").read() == [app]
    told = json.loads(path.read_text())
    del told["apps"][0]["objective"], told["apps"][0]["owner"]
    path.write_text(json.dumps(told))
    assert KeptApps(path, store="s").read() == [app.model_copy(update={"objective": None})]


def test_a_missing_or_damaged_file_is_as_none(tmp_path: Path) -> None:
    kept = KeptApps(tmp_path / "apps.json", store="s")
    assert kept.read() is None
    kept.write([])
    assert kept.read() == []
    (tmp_path / "apps.json").write_text('{"store": "s", "apps": [{"app"')
    assert kept.read() is None


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    kept = KeptApps(tmp_path / "file" / "apps.json", store="s")
    kept.write([])
    assert kept.read() is None
