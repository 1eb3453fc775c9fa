"""POST with a time limit and a few patient attempts."""

import time
from collections.abc import Callable, Mapping

import httpx

from collector.alerts.settings import AlertSettings
from collector.alerts.target import DeliveryFailed

_RETRYABLE = {408, 425, 429, 500, 502, 503, 504}


class HttpDelivery:
    """Posts bodies for one run. Follows no redirect: only addresses of the settings are called."""

    def __init__(self, settings: AlertSettings, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._settings = settings
        self._sleep = sleep

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> str:
        """Posts JSON until it is taken (2xx), and says how it was answered.

        Raises:
            DeliveryFailed: refused, or still not taken after the last attempt.
        """
        reason = ""
        for attempt in range(self._settings.attempts):
            if attempt:
                self._sleep(self._settings.backoff_s * 2 ** (attempt - 1))
            try:
                answer = httpx.post(
                    url,
                    content=body,
                    headers={"Content-Type": "application/json", **headers},
                    timeout=self._settings.timeout_s,
                )
            except httpx.HTTPError as error:
                reason = type(error).__name__  # its text may hold the address, and with it a token
                continue
            except (httpx.InvalidURL, UnicodeError) as error:
                # What the settings take for an address, and the library cannot ask for, as http://a..b. It
                # is this target's trouble and no other's; its text may hold a token.
                raise DeliveryFailed(
                    "not an address that can be called; check its host's name and letters", reachable=False
                ) from error
            if answer.is_success:
                return f"HTTP {answer.status_code}"
            reason = f"HTTP {answer.status_code}"
            if answer.status_code not in _RETRYABLE:
                raise DeliveryFailed(
                    f"{reason}: refused; check the target's address and settings", reachable=True
                )
        raise DeliveryFailed(f"{reason} after {self._settings.attempts} attempts", reachable=False)
