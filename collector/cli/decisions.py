"""``inferfleet recommend``, ``leaks``, ``regressions``: what the jobs find."""

from collector.cli.options import App, Json
from collector.cli.performing import perform
from collector.cli.summaries import tell_leaks, tell_recommend, tell_regressions
from collector.cli.terminal import show


def recommend(app: App = None, as_json: Json = False) -> None:
    """Decide which backend and variant each kind of device runs."""
    show(perform("recommend", {"app": app}), tell_recommend, as_json=as_json)


def leaks(app: App = None, as_json: Json = False) -> None:
    """Look for memory leaks, and send alerts."""
    show(perform("leaks", {"app": app}), tell_leaks, as_json=as_json)


def regressions(app: App = None, as_json: Json = False) -> None:
    """Look for what a release or a browser version made slower or fail more often, and send alerts."""
    show(perform("regressions", {"app": app}), tell_regressions, as_json=as_json)
