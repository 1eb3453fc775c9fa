"""Steps run in the loop's thread while there is a loop that runs, and in any case exactly once."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from collector.ingest import turns
from collector.ingest.turns import Turns


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    running = asyncio.new_event_loop()
    thread = threading.Thread(target=running.run_forever)
    thread.start()
    yield running
    running.call_soon_threadsafe(running.stop)
    thread.join()
    running.close()


def test_a_step_runs_in_the_loops_thread(loop: asyncio.AbstractEventLoop) -> None:
    assert Turns(loop).take(threading.get_ident) != threading.get_ident()


def test_what_a_step_raises_reaches_who_wanted_it(loop: asyncio.AbstractEventLoop) -> None:
    with pytest.raises(ZeroDivisionError):
        Turns(loop).take(lambda: 1 // 0)


def test_without_a_loop_it_runs_here() -> None:
    assert Turns().take(threading.get_ident) == threading.get_ident()


def test_when_the_loop_is_closed_it_runs_here() -> None:
    closed = asyncio.new_event_loop()
    closed.close()
    assert Turns(closed).take(threading.get_ident) == threading.get_ident()


def test_a_loop_that_does_not_come_to_it_is_not_waited_for_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "WAIT_SECONDS", 0.05)
    idle = asyncio.new_event_loop()
    ran: list[int] = []

    def step() -> None:
        ran.append(threading.get_ident())

    some = Turns(idle)
    some.take(step)
    monkeypatch.setattr(turns, "WAIT_SECONDS", 1e9)
    some.take(step)
    idle.call_soon(idle.stop)
    idle.run_forever()  # comes to the first step at last, which was taken back
    idle.close()
    assert ran == [threading.get_ident()] * 2


def test_a_step_that_takes_long_is_waited_for(
    loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "WAIT_SECONDS", 0.05)
    begun, go_on = threading.Event(), threading.Event()
    ran: list[int] = []

    def step() -> int:
        begun.set()
        go_on.wait(20)
        ran.append(threading.get_ident())
        return 7

    threading.Timer(0.3, go_on.set).start()
    assert Turns(loop).take(step) == 7
    assert len(ran) == 1
    assert ran != [threading.get_ident()]
