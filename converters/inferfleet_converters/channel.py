"""How the tool tells what it does: JSON lines on standard output."""

import json
from collections.abc import Mapping
from typing import Any, TextIO


class Channel:
    """Writes one event a line; the last one is ``result`` or ``refused``."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._done = 0
        self._of = 1

    def plan(self, steps: int) -> None:
        """Says how many steps there will be."""
        self._of = steps

    def step(self, doing: str) -> None:
        """A step begins; those before it are done."""
        self._send({"event": "progress", "done": self._done, "of": self._of, "doing": doing})
        self._done = min(self._done + 1, self._of)

    def result(self, record: Mapping[str, Any]) -> None:
        """All is done: what DIR/variants.json says."""
        self._send({"event": "result", "record": record})

    def refused(self, message: str) -> None:
        """Nothing was written: why, and what to do."""
        self._send({"event": "refused", "message": message})

    def _send(self, event: Mapping[str, Any]) -> None:
        self._stream.write(json.dumps(event, allow_nan=False) + "\n")
        self._stream.flush()
