import pytest

from collector.api.serving.server import EARLIEST, ClockUnset, require_clock


def test_a_clock_that_was_never_set_is_told() -> None:
    with pytest.raises(ClockUnset, match="the system's clock says 1970-01-01: set it"):
        require_clock(60.0)
    require_clock(EARLIEST.timestamp())
