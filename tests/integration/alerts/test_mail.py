"""Findings as mail, through apprise to a real SMTP server."""

import email
from collections.abc import Iterator
from email.message import Message
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from collector.alerts import AlertSettings, Notifier
from tests.integration.alerts.ports import free_port
from tests.unit.alerts.examples import a_finding, resolved

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # in apprise


class Mailbox:
    """Keeps what is sent to it; ``refuse`` is the SMTP answer in place of taking it."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.refuse: str | None = None
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port())

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.refuse is not None:
            return self.refuse
        self.mails.append(email.message_from_bytes(envelope.content, policy=default))
        return "250 taken"

    @property
    def url(self) -> str:
        return f"mailto://127.0.0.1:{self._controller.port}?from=fleet@example.com&to=on-call@example.com&mode=insecure"

    def __enter__(self) -> "Mailbox":
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as box:
        yield box


def text_of(mail: Any) -> str:
    text: str = mail.get_body(("plain", "html")).get_content()
    return text


def notifier(mailbox: Mailbox) -> Notifier:
    return Notifier(
        AlertSettings.model_validate({"chat": [mailbox.url], "fleet_page_url": "https://fleet.example"})
    )


def test_a_mail_says_what_is_wrong_where_to_look_and_what_to_do(mailbox: Mailbox) -> None:
    made = notifier(mailbox)
    assert made.deliver([a_finding()], owners={"demo": "web"}).complete
    assert made.deliver([resolved(a_finding())], owners={"demo": "web"}).complete
    opened, ended = mailbox.mails
    assert opened["To"] == "on-call@example.com"
    assert opened["Subject"] == "[Warning] tensor leak: demo (web)"
    assert ended["Subject"] == "[Resolved] tensor leak: demo (web)"
    text = text_of(opened)
    assert a_finding().summary in text
    assert "docs/runbooks/tensor_leak.md" in text
    assert "https://fleet.example/?app=demo&amp;model=blazeface" in text or (
        "https://fleet.example/?app=demo&model=blazeface" in text
    )


def test_a_mail_that_is_refused_is_owed_and_comes_once(mailbox: Mailbox) -> None:
    made = notifier(mailbox)
    mailbox.refuse = "451 try again later"
    (part,) = made.deliver([a_finding()]).targets
    assert (part.delivered, part.owed) == (0, 1)
    mailbox.refuse = None
    for expected in ((1, 0), (0, 1)):
        (part,) = made.deliver([a_finding()]).targets
        assert (part.delivered, part.told_before) == expected
    assert len(mailbox.mails) == 1
