"""``python -m inferfleet_converters``: a request on standard input, events on standard output."""

import os
import signal
import sys

from .channel import Channel
from .refusal import Refused
from .request import read_request


def main() -> int:
    """Runs one request. Returns 0 when the last event is ``result``, 2 when it is ``refused``."""
    # The converters print what they like. It goes where TensorFlow's log goes, out of the events' way.
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what is half written is removed
    channel = Channel(events)
    request = read_request(sys.stdin.read())
    try:
        from .build import build  # noqa: PLC0415 - a request that is none needs no converters

        channel.result(build(request, channel))
    except Refused as refused:
        channel.refused(" ".join(str(refused).split()))
        return 2
    except OSError as error:
        if error.errno is None or (error.filename is None and error.strerror is None):
            raise
        channel.refused(f"{error.filename or request.to}: {error.strerror}")
        return 2
    return 0


sys.exit(main())
