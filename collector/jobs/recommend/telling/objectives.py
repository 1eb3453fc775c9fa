"""An objective in words, as ``explain`` prints it."""

from collector.jobs.recommend.counting.costs import BYTES_A_MS
from collector.jobs.recommend.record import DecisionRecord


def describe_objective(record: DecisionRecord) -> list[str]:
    """What a class's arms are compared by: the objective, and its cost as a formula."""
    aim, usual = record.parameters.aim, record.usual_predictions
    share = f"/ {usual:.4g} predictions"
    said = {
        "ready": f"p{aim.quantile * 100:g} of ready_ms",
        "frame_rate": f"frame time at {aim.fps:g} fps (p{aim.quantile * 100:g} of ready_ms, in whole frames)",
        "first_result": f"start {share}",
        "bytes": f"download at {BYTES_A_MS / 125:g} Mbit/s {share}",
    }
    terms = [f"{weight:g} x {said[term]}" for term, weight in aim.weights().items()]
    lines = [f"objective: {aim.name}", f"cost = {' + '.join(terms) or '0'}, in ms"]
    if aim.bytes and all(arm.bytes is None for arm in record.arms):
        lines.append(
            "no variant's size is known, so that bytes weigh nothing: register variants with their sizes"
        )
    return lines
