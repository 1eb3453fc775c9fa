"""From measured variants to a page that loads the one that was chosen."""

import asyncio
import json
import shutil
import time
from pathlib import Path
from typing import Any

from examples.demo.children import Children
from examples.demo.ports import take_port
from examples.slimming.collecting import APP, MIN_SESSIONS, Collector
from examples.slimming.digits import read_digits
from examples.slimming.errors import SlimmingError
from examples.slimming.making import MODEL
from examples.slimming.site import SiteServer, assemble
from examples.slimming.visiting import Wish, visit

BACKEND = "wasm"
TRIED = 3
"""Variants that are visited beside the original: the smallest that were accepted."""


def serve(folder: Path, *, once: bool) -> dict[str, Any]:
    """Publishes, registers, visits, decides, visits again; then serves until Ctrl-C.

    Returns:
        What the last visit ran, and what it downloaded beside the first one.

    Raises:
        SlimmingError: there are no variants, or a step failed.
        DemoError: the collector did not start.
    """
    built, site = folder / "variants", folder / "site"
    tried = smallest(built)
    for old in (site, folder / "data"):
        shutil.rmtree(old, ignore_errors=True)
    port, site_port = take_port(), take_port()
    with Children(folder) as children, SiteServer(_made(site), site_port) as server:
        collector = Collector(children, folder, port, server.url)
        collector.ask(
            "variants", "publish", built, "--to", site / "models", "--app", APP, "--public", "/models"
        )
        collector.start()
        print(f"\nCollector on {collector.url}, page on {server.url}", flush=True)
        collector.ask("variants", "register", built, "--app", APP)
        collector.ask("canary", "record", built, "--app", APP)
        assemble(site, _settings(built, collector))
        before, after = _decide(collector, server.url, tried)
        shown = _shown(before, after, _spoiled(server.url))
        print("\n" + "\n".join(shown["said"]))
        if not once:
            print(f"\n  Draw a digit  {server.url}/\n  Fleet page    {collector.url}/?range=1h")
            print("\n  Until Ctrl-C.", flush=True)
            while True:
                time.sleep(1)
                children.require("collector")
    return shown


def smallest(built: Path) -> list[str]:
    """The smallest variants that the evaluation accepted, the smallest first.

    Raises:
        SlimmingError: nothing was made or measured yet, or nothing was accepted.
    """
    try:
        evaluation = json.loads((built / "evaluation.json").read_bytes())
    except (OSError, ValueError) as error:  # ValueError: it was cut off
        raise SlimmingError("nothing is measured yet: python -m examples.slimming make") from error
    accepted = [each for each in evaluation["variants"] if each["accepted"] and each["name"] != "source"]
    if not accepted:
        raise SlimmingError(
            f"the evaluation accepts no variant beside the source: {built / 'evaluation.json'} says why"
        )
    return [each["name"] for each in sorted(accepted, key=lambda each: each["bytes"])[:TRIED]]


def _made(site: Path) -> Path:
    site.mkdir(parents=True)
    return site


def _settings(built: Path, collector: Collector) -> dict[str, Any]:
    """What the page has to know."""
    published = json.loads((built / "published.json").read_bytes())
    urls = {each["name"]: each["url"] for each in published["variants"]}
    recorded = json.loads((built / "canary.json").read_bytes())
    return {
        "endpoint": collector.url,
        "key": collector.key,
        "original": urls.pop("source"),
        "published": urls,
        "canary": recorded["canary"]["id"],
        "digit": read_digits()[1].images[0].ravel().tolist(),
    }


def _decide(
    collector: Collector, url: str, tried: list[str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Visits on the arms that are to be compared, a decision, and visits that follow it."""
    count = MIN_SESSIONS + 1
    print(f"\n→ {count} visits of the original and of each of {', '.join(tried)}, on {BACKEND} …", flush=True)
    wishes = [Wish(BACKEND, name) for name in ("original", *tried) for _ in range(count)]
    before = asyncio.run(visit(url, wishes))
    collector.await_stored()
    decided = json.loads(collector.ask("recommend", "--app", APP, "--json", quiet=True))
    narrowest = max((each["device_class"] for each in decided["outcomes"]), key=lambda name: name.count("="))
    collector.ask("explain", "--app", APP, "--model", MODEL, "--device-class", narrowest)
    collector.ask("publish", "--app", APP)
    print("\n→ The next visitors come, and nobody forces anything …", flush=True)
    after = asyncio.run(visit(url, [Wish()] * 3))
    return before, after


def _spoiled(url: str) -> dict[str, Any]:
    """A visit whose wasm computes something else, without an error."""
    print(f"\n→ A visitor comes whose {BACKEND} computes wrong …", flush=True)
    return asyncio.run(visit(url, [Wish(wrong=BACKEND)]))[0]


def _shown(
    before: list[dict[str, Any]], after: list[dict[str, Any]], spoiled: dict[str, Any]
) -> dict[str, Any]:
    first, last = before[0], after[-1]
    said = [
        f"Before, the page ran {first['variant']} ({first['bytes']:,} bytes). Now it runs {last['variant']} "
        f"on {last['backend']} ({last['bytes']:,} bytes, {last['bytes'] / first['bytes']:.1%}), chosen by "
        f"{last['source']}.",
        f"Where {BACKEND} computed wrong: {', '.join(spoiled['incidents']) or 'nobody noticed'}; the page "
        f"ran {spoiled['variant']} on {spoiled['backend']} instead, and saw a "
        f"{max(range(10), key=spoiled['scores'].__getitem__)} where others saw a "
        f"{max(range(10), key=last['scores'].__getitem__)}.",
    ]
    return {"said": said, "before": first, "after": last, "wrong_backend": spoiled}
