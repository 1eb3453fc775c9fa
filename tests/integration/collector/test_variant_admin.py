"""Variants over the admin endpoints of a running collector."""

from typing import Any

import pytest

from collector.api.admin.owned_models import OwnedModels
from collector.contract.reasons import Problem, Reason
from collector.models import Registration
from collector.operations.remote import Owner, OwnerRefused
from collector.store import StoreInUse
from tests.integration.collector.conftest import Running
from tests.integration.collector.test_app_admin import Admin

VARIANT: dict[str, Any] = {
    "model": "face",
    "variant": "float16",
    "url": "https://cdn.example/float16/model.json",
    "bytes": 100,
    "agreement": 0.999,
}


@pytest.fixture
def admin(running: Running) -> Admin:
    return Admin(running)


def test_a_variant_is_registered_shown_listed_audited_and_removed(admin: Admin) -> None:
    call = {"variants": [VARIANT], "author": "ada", "note": "half the bytes"}
    made = admin.call("POST", "apps/demo/variants", call)
    assert [(each["version"], each["changed"]) for each in made["variants"]] == [(1, True)]
    assert not admin.call("POST", "apps/demo/variants", call)["variants"][0]["changed"]
    listed = admin.call("GET", "apps/demo/variants", model="face")["variants"]
    assert [each["verdict"] for each in listed] == ["accepted"]
    budget = admin.call("PATCH", "apps/demo/models/face", {"max_accuracy_loss": 0.02, "author": "ada"})
    assert (budget["max_accuracy_loss"], budget["own"]) == (0.02, True)
    admin.call("DELETE", "apps/demo/variants/face/float16", author="bob", note="not used")
    shown = admin.call("GET", "apps/demo/variants/face/float16")
    assert [(each["action"], each["author"]) for each in shown["history"]] == [
        ("remove", "bob"),
        ("register", "ada"),
    ]
    trail = admin.call("GET", "audit", app="demo")["entries"]
    assert [(each["subject"], each["about"], each["action"]) for each in trail] == [
        ("variant", "face/float16", "remove"),
        ("model", "face", "set_budget"),
        ("variant", "face/float16", "register"),
    ]


@pytest.mark.parametrize(
    ("method", "path", "body", "reason", "detail"),
    [
        ("POST", "apps/none/variants", {"variants": [VARIANT]}, Reason.NOT_FOUND, "inferfleet apps add"),
        ("GET", "apps/none/variants", None, Reason.NOT_FOUND, "inferfleet apps add"),
        ("GET", "apps/demo/variants/face/none", None, Reason.NOT_FOUND, "no variant 'none' of face"),
        ("DELETE", "apps/demo/variants/face/none", None, Reason.NOT_FOUND, "no variant 'none' of face"),
        ("GET", "apps/demo/variants/a%20b/c", None, Reason.BAD_CALL, "the name of a model"),
        ("POST", "apps/demo/variants", {"variants": []}, Reason.BAD_CALL, "at least 1 entry"),
        ("POST", "apps/demo/variants", {"variants": [VARIANT] * 2}, Reason.BAD_CALL, "two variants of face"),
        (
            "POST",
            "apps/demo/variants",
            {"variants": [VARIANT | {"url": "file:///m"}]},
            Reason.BAD_CALL,
            "write https://",
        ),
        (
            "POST",
            "apps/demo/variants",
            {"variants": [VARIANT | {"agreement": float("nan")}]},
            Reason.BAD_CALL,
            "from 0 to 1",
        ),
        ("PATCH", "apps/demo/models/face", {"max_accuracy_loss": 2}, Reason.BAD_CALL, "from 0 to 1"),
        ("PATCH", "apps/demo/models/face", {}, Reason.BAD_CALL, "max_accuracy_loss: is missing"),
    ],
)
def test_what_does_not_fit_is_said_and_changes_nothing(
    admin: Admin, method: str, path: str, body: Any, reason: Reason, detail: str
) -> None:
    before = admin.call("GET", "audit", app="demo")
    problem = admin.call(method, path, body)
    assert isinstance(problem, Problem)
    assert problem.code == reason.code
    assert detail in problem.detail
    assert admin.call("GET", "audit", app="demo") == before


def test_nobody_gets_in_without_the_token_or_with_too_much(running: Running, admin: Admin) -> None:
    for method, path in (
        ("GET", "variants"),
        ("POST", "variants"),
        ("GET", "variants/face/float16"),
        ("DELETE", "variants/face/float16"),
        ("PATCH", "models/face"),
    ):
        answer = running.client.request(method, f"/v1/admin/apps/demo/{path}")
        assert (answer.status_code, answer.json()["code"]) == (401, "admin_token_required"), path
    large = VARIANT | {"metadata": {"a": "x" * (5 << 20)}}
    problem = admin.call("POST", "apps/demo/variants", {"variants": [large]})
    assert problem.code == "body_too_large"


def test_the_command_line_s_way_through_the_owner_is_the_same_as_in_the_store(running: Running) -> None:
    settings = running.collector.settings
    in_use = StoreInUse("in use", pid=None, url=running.collector.url)
    owned = OwnedModels(Owner(settings, in_use))
    variants = [Registration.model_validate(VARIANT | {"model": "a+b", "variant": "v.1"})]
    assert owned.register("demo", variants, author="ada").variants[0].changed
    assert owned.list("demo", "a+b") == running.collector.models.list("demo", "a+b")
    assert owned.show("demo", "a+b", "v.1") == running.collector.models.show("demo", "a+b", "v.1")
    assert owned.set_budget("demo", "a+b", 0.2).own
    assert not owned.set_budget("demo", "a+b", None).own
    assert owned.remove("demo", "a+b", "v.1").version == 2
    with pytest.raises(OwnerRefused, match=r"no variant 'v\.1' of a\+b"):
        owned.remove("demo", "a+b", "v.1")
    with pytest.raises(ValueError, match="the name of a model"):
        owned.show("demo", "../../jobs", "x/y")
