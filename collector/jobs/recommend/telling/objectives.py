"""An objective in words, as ``explain`` prints it."""

from collector.contract.device_class import ROOT
from collector.jobs.recommend.counting.downloads import OWN
from collector.jobs.recommend.record import DecisionRecord, Download


def describe_objective(record: DecisionRecord) -> list[str]:
    """What a class's arms are compared by: the objective, and its cost as a formula."""
    aim, usual = record.parameters.aim, record.usual_predictions
    share = f"/ {usual:.4g} predictions"
    said = {
        "ready": f"p{aim.quantile * 100:g} of ready_ms",
        "frame_rate": f"frame time at {aim.fps:g} fps (p{aim.quantile * 100:g} of ready_ms, in whole frames)",
        "first_result": f"start {share}",
        "bytes": f"download {share}",
    }
    terms = [f"{weight:g} x {said[term]}" for term, weight in aim.weights().items()]
    lines = [f"objective: {aim.name}", f"cost = {' + '.join(terms) or '0'}, in ms"]
    if record.download is not None:
        lines.append(f"download = {_describe_download(record.download)}")
    if aim.bytes and all(arm.bytes is None for arm in record.arms):
        lines.append(
            "no variant's size is known, so that bytes weigh nothing: register variants with their sizes"
        )
    return lines


def _describe_download(download: Download) -> str:
    """How a byte's cost was found: measured, or assumed."""
    rate = f"bytes at {download.mbit_s:.3g} Mbit/s"
    if download.cached_share:
        rate += f", less the {download.cached_share:.0%} of loads that come from a cache"
    if not download.measured:
        return f"{rate} (assumed: no browser told how long a download took)"
    here = "once" if download.loads == 1 else f"{download.loads} times"
    if download.measured_in is None:
        return f"{rate} (measured here {here}, which is little: it is pulled towards 10 Mbit/s)"
    place = "all devices" if download.measured_in == ROOT else download.measured_in
    return f"{rate} (measured here {here}" + (")" if download.loads >= OWN else f", the rest in {place})")
