"""Memory that an engine holds beside what its tensors use: pools that fill, and heaps that never shrink."""

import numpy as np
import pytest
from numpy.typing import NDArray

from collector.contract.finding import Finding, FindingKind
from collector.jobs.leaks.decision import Observations, decide
from collector.jobs.leaks.series import SessionSeries
from collector.jobs.leaks.settings import LeakSettings
from tests.unit.leaks.sessions import COHORT, NOW

SETTINGS = LeakSettings()
MIB = 1 << 20
PAGE = 64 * 1024
SIZES = 20

Bytes = NDArray[np.int64]


def emscripten_heap(used: Bytes) -> Bytes:
    """The heap's size while ``used`` bytes of it are in use: it grows by a fifth and never shrinks."""
    heap, sizes = 16 * MIB, []
    for wanted in used.tolist():
        if wanted > heap:
            heap = max(wanted, min(heap + heap // 5, wanted + 96 * MIB))
            heap = -(-heap // PAGE) * PAGE
        sizes.append(heap)
    return np.array(sizes, dtype=np.int64)


def judge(kind: FindingKind, at: Bytes, held: Bytes, **beside: Bytes) -> list[Finding]:
    flat = np.full(len(at), 1120, dtype=np.int64)
    signals = {
        FindingKind.TENSOR_LEAK: beside.get("tensors", flat // 280),
        FindingKind.BYTES_LEAK: beside.get("bytes", flat),
        kind: held,
    }
    if kind is FindingKind.GPU_ALLOCATED_LEAK:
        signals[FindingKind.GPU_BYTES_LEAK] = beside.get("gpu_bytes", flat)
    sessions = [SessionSeries(COHORT, f"s{n}", NOW, at, signals) for n in range(6)]
    observed = Observations(batches=[sessions], release_order={COHORT.app: [COHORT.release]}, findings=[])
    return list(decide(observed, SETTINGS, now=NOW).findings)


def test_a_pool_that_gains_textures_with_each_new_input_size_is_found() -> None:
    at = np.arange(0, 400, 10, dtype=np.int64)
    (finding,) = judge(FindingKind.GPU_ALLOCATED_LEAK, at, 2 * MIB + at * 6 * MIB // 10)
    assert finding.kind is FindingKind.GPU_ALLOCATED_LEAK
    assert "keeps 614.4 Ki bytes in the engine's pool on the GPU per prediction" in finding.summary


@pytest.mark.parametrize("sizes_seen_after", [20, 60, 150])
def test_a_pool_that_has_met_all_sizes_and_stays_is_not_a_leak(sizes_seen_after: int) -> None:
    """20 input sizes of 60 to 212 pixels: 130 MB in the end, whatever is predicted after them."""
    at = np.arange(0, 300, 3, dtype=np.int64)
    met = np.minimum(at * SIZES // sizes_seen_after, SIZES)
    assert judge(FindingKind.GPU_ALLOCATED_LEAK, at, met * 130 * MIB // SIZES) == []


def test_a_heap_that_grows_with_each_prediction_is_found_although_it_grows_by_steps() -> None:
    at = np.arange(0, 1000, 10, dtype=np.int64)
    for per_prediction in (MIB // 16, MIB // 4, 2 * MIB):
        (finding,) = judge(FindingKind.HEAP_LEAK, at, emscripten_heap(12 * MIB + at * per_prediction))
        assert finding.kind is FindingKind.HEAP_LEAK
        assert "of the wasm heap per prediction" in finding.summary


def test_a_heap_that_one_large_tensor_filled_is_not_a_leak() -> None:
    """16 to 265 MB by one tensor of 256 MB, which is disposed of: the heap stays as it is."""
    at = np.arange(0, 300, 3, dtype=np.int64)
    for when in (3, 50, 150, 290):
        used = np.where((at >= when) & (at < when + 20), 265 * MIB, 12 * MIB)
        assert judge(FindingKind.HEAP_LEAK, at, emscripten_heap(used)) == []


@pytest.mark.parametrize("loaded_at", [(40, 140, 240), (60, 120, 200), (100, 200, 280)])
def test_three_models_loaded_later_are_steps_of_the_heap_and_not_a_leak(loaded_at: tuple[int, ...]) -> None:
    at = np.arange(0, 300, 3, dtype=np.int64)
    used = 12 * MIB + sum(30 * MIB * (at >= when) for when in loaded_at)
    assert judge(FindingKind.HEAP_LEAK, at, emscripten_heap(used)) == []


def test_a_heap_that_fills_and_stays_is_not_a_leak() -> None:
    at = np.arange(0, 300, 3, dtype=np.int64)
    for full_at in (30, 100, 180):
        used = 12 * MIB + np.minimum(at, full_at) * MIB
        assert judge(FindingKind.HEAP_LEAK, at, emscripten_heap(used)) == []


def test_leaked_tensors_explain_the_memory_that_is_held_for_them() -> None:
    at = np.arange(0, 400, 10, dtype=np.int64)
    growing = 2 * MIB + at * MIB
    for kind in (FindingKind.GPU_ALLOCATED_LEAK, FindingKind.HEAP_LEAK):
        (finding,) = judge(kind, at, growing, tensors=4 + 2 * at, bytes=growing, gpu_bytes=growing)
        assert finding.kind is FindingKind.TENSOR_LEAK
        assert kind.value in finding.evidence["also"]


def test_a_failure_that_leaves_two_tensors_a_call_is_growth() -> None:
    """TensorFlow.js's executeAsync that throws leaves two tensors: every third call of this page fails."""
    at = np.arange(0, 400, 5, dtype=np.int64)
    held = np.full(len(at), 16 * MIB, dtype=np.int64)
    (finding,) = judge(FindingKind.HEAP_LEAK, at, held, tensors=107 + 2 * (at // 3))
    assert finding.kind is FindingKind.TENSOR_LEAK
    assert finding.evidence["slope"]["median"] == pytest.approx(2 / 3, abs=0.02)
