"""Ports to listen on."""

import socket

from examples.demo.errors import DemoError

HOST = "127.0.0.1"


def take_port(wanted: int = 0) -> int:
    """A port that is free now; ``wanted`` if that is not 0.

    Raises:
        DemoError: the wanted port is taken.
    """
    with socket.socket() as probe:
        # As the servers do: a port whose last connections are still winding down is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except OSError as error:
            raise DemoError(
                f"Port {wanted} cannot be listened on ({error.strerror}): stop what uses it, or name another "
                "with --port; without --port the demo takes a free one"
            ) from error
        port: int = probe.getsockname()[1]
        return port
