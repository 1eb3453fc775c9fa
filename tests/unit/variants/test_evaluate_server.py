"""The server of an evaluation answers at once: its time is in each load that is measured."""

import http.client
import statistics
import time

from collector.variants.evaluate.server import Server


def test_a_second_request_of_a_connection_does_not_wait_for_an_acknowledgement() -> None:
    with Server() as server:
        server.add({"inputs/0": b"x" * 256})
        port = int(server.base.split(":")[2].partition("/")[0])
        path = server.base.partition(str(port))[2] + "inputs/0"
        connection = http.client.HTTPConnection("127.0.0.1", port)
        times = []
        for _ in range(30):
            began = time.perf_counter()
            connection.request("GET", path)
            assert connection.getresponse().read() == b"x" * 256
            times.append(time.perf_counter() - began)
        connection.close()
    assert statistics.median(times) < 0.03  # Linux delays an acknowledgement by 40 ms
