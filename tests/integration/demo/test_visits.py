"""A real Chromium visits the built page on a real collector: the face is found, and no report is lost."""

import json
import sys
from pathlib import Path

import pytest

from examples.demo.children import Children
from examples.demo.collector_process import CollectorProcess
from examples.demo.faces import true_faces
from examples.demo.ports import take_port
from examples.demo.programs import ROOT, find_programs
from examples.demo.visits import Wish, make_visits

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def test_what_a_visit_sends_is_in_the_store_after_the_page_was_left(tmp_path: Path) -> None:
    programs = find_programs()
    with Children(tmp_path) as children:
        collector = CollectorProcess(
            children,
            programs.inferfleet,
            tmp_path,
            take_port(),
            alertmanager="http://127.0.0.1:9/",
            webhook="http://127.0.0.1:9/",
        )
        collector.start()
        clean, leaky = make_visits(
            children,
            programs,
            collector,
            [
                Wish("clean", "clean", backend="wasm", predictions=12),
                Wish("leaky", "leaky", backend="wasm", predictions=12, leak=True),
            ],
        )
        collector.await_stored()
        collector.stop()
        stored = json.loads(
            children.ask(
                "stored",
                [sys.executable, "-m", "examples.demo.stored", f"chdb://{collector.data_dir / 'engine'}"],
                cwd=ROOT,
                seconds=120,
            )
        )

    assert clean.family == "wasm"
    assert clean.backend.endswith("threads"), "/demo must be cross-origin isolated for wasm to have threads"
    assert clean.source == "override"
    assert [true_faces(visit) for visit in (clean, leaky)] == [1, 1]
    forgotten = leaky.result["tensors"] - clean.result["tensors"]
    assert forgotten == 4 * leaky.result["predictions"], "four outputs are forgotten each time"

    sent = {report.batch_id: report.items for visit in (clean, leaky) for report in visit.reports}
    assert any(report.type == "beacon" for report in clean.reports + leaky.reports)
    assert stored["batches"] == sent
    assert stored["duplicates"] == 0
