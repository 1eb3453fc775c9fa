"""A store that answers with less than it did: a replica that lags."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from collector.apps import AccessSettings, AppDirectory, KeyUses
from collector.apps.changes import Wanted, add, revoke_key
from collector.apps.kept import KeptApps
from collector.apps.keys import digest, make_key
from collector.apps.versions import AppVersion
from collector.contract.authorship import Act

NOW = datetime(2026, 11, 25, tzinfo=UTC)
ACT = Act("alice", "", NOW)


class Replica:
    """Answers as one that has seen these versions."""

    def __init__(self, *seen: AppVersion) -> None:
        self.seen = seen

    def query(self, name: str, **_: object) -> list[dict[str, Any]]:
        if name == "apps_state":
            return [{"versions": sum(version.version for version in self.seen), "newest": NOW}]
        assert name == "apps_newest"
        return [
            version.model_dump() | {"keys": version.model_dump_json(include={"keys"})[len('{"keys":') : -1]}
            for version in self.seen
        ]


def test_a_replica_that_lags_brings_no_revoked_key_back(tmp_path: Path) -> None:
    key, record = make_key("", now=NOW)
    first = add(None, "shop", Wanted(), record, ACT)
    second = revoke_key(first, "shop", record.key_id, ACT)
    replica = Replica(first)
    kept = KeptApps(tmp_path / "apps.json", store="s")
    directory = AppDirectory(replica, {}, AccessSettings(), kept=kept, uses=KeyUses())  # type: ignore[arg-type]
    changes: list[set[str]] = []
    directory.when_changed(changes.append)
    for seen, good in (((first,), True), ((second,), False), ((first,), False), ((), False)):
        replica.seen = seen
        directory.refresh()
        assert (digest(key.encode()) in directory["shop"].keys) is good
    assert changes == [{"shop"}, {"shop"}]
    assert kept.read() == [second]
