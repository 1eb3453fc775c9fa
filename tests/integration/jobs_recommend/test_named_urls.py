"""Which URLs of models must go on working, on a real embedded engine."""

from datetime import UTC, datetime, timedelta

from collector.contract.class_plan import ClassPlan
from collector.contract.config_document import Arm, ModelPlan, RaceArm, RacePlan
from collector.contract.vocabulary import Backend
from collector.jobs.publish.versions import ConfigVersion, append
from collector.operations.named_urls import named_urls
from collector.store import Store
from tests.integration.jobs_recommend.rows import insert

OF_NO_MATTER = {
    "model": "blazeface",
    "agreement": 1.0,
    "measured_at": datetime(2026, 11, 19, tzinfo=UTC),
}
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def publish(store: Store, version: int, days_ago: int, *urls: str, app: str = "demo") -> None:
    """A config whose model draws the first URL, races the second and has the third where most lack it."""
    drawn, raced, rare = (*urls, None, None)[:3]
    race = RacePlan(
        share=0.1,
        arms=[RaceArm(backend=Backend.CPU, url=raced), RaceArm(backend=Backend.WEBGL)],
    )
    able = ModelPlan(arms=[Arm(backend=Backend.WEBGPU, url=rare, probability=1.0)])
    plan = ClassPlan(
        arms=[Arm(backend=Backend.CPU, url=drawn, probability=1.0)],
        race=race if raced else None,
        able=able if rare else None,
    )
    append(
        store,
        ConfigVersion(
            app=app,
            version=version,
            created_at=NOW - timedelta(days=days_ago),
            author="ana",
            action="publish",
            note="",
            enabled=True,
            sample_rate=1.0,
            plans={"*": {"blazeface": plan}},
        ),
    )


def test_urls_of_every_config_in_force_since_then_and_of_registered_variants(store: Store) -> None:
    publish(store, 1, 90, "/of-version-1")
    publish(store, 2, 60, "/of-version-2")  # in force until 10 days ago
    publish(store, 3, 10, "/of-version-3", "/raced", "/rare")
    publish(store, 1, 5, "/of-another-app", app="other")
    insert(store, "variants", [{"app": "demo", "variant": "uint8", "url": "/registered", **OF_NO_MATTER}])
    found = named_urls(store, "demo", NOW - timedelta(days=30)).urls
    assert found == ["/of-version-2", "/of-version-3", "/raced", "/rare", "/registered"]


def test_an_app_without_a_config_names_none(store: Store) -> None:
    assert named_urls(store, "demo", NOW).urls == []
