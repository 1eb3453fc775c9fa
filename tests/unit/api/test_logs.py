import json
import logging

import pytest
import structlog

from collector.operations.logs import configure_logs


@pytest.fixture(autouse=True)
def _logging_as_before():
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def test_a_logged_exception_repeats_no_local_of_the_frames_it_passed(capsys: pytest.CaptureFixture[str]):
    configure_logs()

    def handle(token: str, client: tuple[str, int]) -> None:
        raise RuntimeError("the store is away")

    try:
        handle("the-admin-token", ("203.0.113.9", 4242))
    except RuntimeError:
        structlog.get_logger("test").exception("failed")
    said = capsys.readouterr().err
    assert json.loads(said)["exception"][0]["exc_value"] == "the store is away"
    assert "the-admin-token" not in said and "203.0.113.9" not in said
