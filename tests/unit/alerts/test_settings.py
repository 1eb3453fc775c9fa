import pytest
from pydantic import ValidationError

from collector.alerts import AlertSettings, Notifier
from collector.settings import ApiSettings

SECRET = "T0P-S3CRET"


def test_secrets_do_not_show() -> None:
    settings = AlertSettings.model_validate(
        {
            "alertmanager_url": f"http://u:{SECRET}@alertmanager:9093",
            "webhooks": [{"name": "ops", "url": f"https://hooks.example/{SECRET}", "secret": SECRET}],
            "chat": [f"slack://{SECRET}"],
        }
    )
    assert SECRET not in repr(settings)
    assert SECRET not in settings.model_dump_json()


@pytest.mark.parametrize("url", [f"file:///etc/{SECRET}", f"ftp://{SECRET}", SECRET, ""])
def test_only_http_addresses_are_taken_and_a_bad_one_is_not_repeated(url: str) -> None:
    for settings in ({"alertmanager_url": url}, {"webhooks": [{"name": "ops", "url": url}]}):
        with pytest.raises(ValidationError) as caught:
            AlertSettings.model_validate(settings)
        assert "http(s)" in str(caught.value)
        assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["fleet.example", "fleet.example:8080/page", "//fleet.example", "ftp://fleet"]
)
def test_an_address_of_the_fleet_page_without_http_is_refused(url: str) -> None:
    """Alertmanager would refuse every finding of every run."""
    with pytest.raises(ValidationError, match="write for example https://"):
        AlertSettings.model_validate({"fleet_page_url": url})
    with pytest.raises(ValidationError, match="write for example https://"):
        ApiSettings.model_validate({"public_url": url})


def test_an_address_of_the_fleet_page_is_kept_as_it_was_written() -> None:
    url = "https://fleet.example/sub"
    assert AlertSettings.model_validate({"fleet_page_url": url}).fleet_page_url == url
    assert ApiSettings.model_validate({"public_url": url}).public_url == url
    assert AlertSettings().fleet_page_url == ""


def test_two_webhooks_of_one_name_are_refused() -> None:
    with pytest.raises(ValidationError, match="same name"):
        AlertSettings.model_validate({"webhooks": [{"name": "ops", "url": "http://a"}] * 2})


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # in apprise
def test_a_chat_address_that_apprise_does_not_know_is_refused_at_the_start() -> None:
    settings = AlertSettings.model_validate({"chat": [f"nosuchchat://{SECRET}"]})
    with pytest.raises(ValueError, match="nosuchchat") as caught:
        Notifier(settings)
    assert SECRET not in str(caught.value)


def test_without_targets_nothing_is_delivered() -> None:
    assert Notifier(AlertSettings()).deliver([]).targets == []
