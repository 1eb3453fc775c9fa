"""The URLs of models that an app's pages load, or may come to load."""

from datetime import datetime

from pydantic import BaseModel, Field

from collector.contract.class_plan import PLANS, Plans
from collector.store.lending import Tables


class NamedUrls(BaseModel):
    """URLs that must go on working."""

    urls: list[str] = Field(description="In the order of the alphabet")


def named_urls(store: Tables, app: str, since: datetime) -> NamedUrls:
    """Every URL of a config that was in force at ``since`` or later, and of every registered variant.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    urls = {
        str(row["url"])
        for row in store.query("recommend_variants", app=app)
        if row["url"] and not row["removed"]
    }
    for row in store.query("config_plans_since", app=app, since=since):
        urls |= _urls_of(PLANS.validate_json(str(row["plans"])))
    return NamedUrls(urls=sorted(urls))


def _urls_of(plans: Plans) -> set[str]:
    found: set[str] = set()
    for models in plans.values():
        for plan in models.values():
            for ways in (plan, plan.able):
                if ways is not None:
                    found |= {arm.url for arm in ways.arms if arm.url is not None}
                    raced = ways.race.arms if ways.race is not None else []
                    found |= {arm.url for arm in raced if arm.url is not None}
    return found
