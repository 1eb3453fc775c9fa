"""Quiet hours: when warnings wait. Critical findings do not."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator

from collector.contract.owner import Owner
from collector.contract.wire_model import AppName

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class QuietHours(BaseModel):
    """A span of each day, or of some, in which warnings wait."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    app: AppName | None = Field(default=None, description="Of one app. None: of all")
    owner: Owner | None = Field(default=None, description="Of the apps of one owner. None: of all")
    start: time = Field(description="The first minute, as 22:00")
    end: time = Field(description="The first minute after, as 07:00; not after start: on the next day")
    days: tuple[Day, ...] = Field(default=DAYS, min_length=1, description="The days on which it starts")
    timezone: str = Field(default="UTC", description="Whose clock it goes by, as Europe/Berlin")

    @field_validator("start", "end")
    @classmethod
    def _is_plain(cls, value: time) -> time:
        if value.tzinfo is not None:
            raise ValueError("a time of day without a zone, as 22:00; the zone is in timezone")
        return value

    @field_validator("timezone")
    @classmethod
    def _is_known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(
                f"this machine knows no time zone {value!r}; write one as Europe/Berlin, or install tzdata"
            ) from error
        return value

    def concerns(self, app: str, owner: str | None) -> bool:
        """Whether the app's warnings wait in these hours."""
        return self.app in (None, app) and self.owner in (None, owner)

    def covers(self, now: datetime) -> bool:
        """Whether ``now``, an aware time, lies in the span. It goes by the clock on the wall, so that a night
        in which that is changed ends at ``end``, too.
        """
        wall = now.astimezone(ZoneInfo(self.timezone)).replace(tzinfo=None)
        for began in (wall.date(), wall.date() - timedelta(days=1)):
            start = datetime.combine(began, self.start)
            ended = began if self.end > self.start else began + timedelta(days=1)
            if DAYS[began.weekday()] in self.days and start <= wall < datetime.combine(ended, self.end):
                return True
        return False


def is_quiet(hours: Iterable[QuietHours], app: str, owner: str | None, *, now: datetime) -> bool:
    """Whether the app's warnings wait now."""
    return any(span.concerns(app, owner) and span.covers(now) for span in hours)
