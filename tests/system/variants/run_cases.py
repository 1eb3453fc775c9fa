"""Runs many requests in one process: loading TensorFlow for each would take minutes.

Run by the tool's Python: requests on stdin; what became of each, by name, on the last line of stdout.
"""

import io
import json
import sys

from inferfleet_converters.build import build
from inferfleet_converters.channel import Channel
from inferfleet_converters.refusal import Refused
from inferfleet_converters.request import read_request

outcomes = {}
for case in json.load(sys.stdin):
    try:
        outcomes[case["name"]] = {"record": build(read_request(json.dumps(case)), Channel(io.StringIO()))}
    except Refused as refused:
        outcomes[case["name"]] = {"refused": str(refused)}
print("\n" + json.dumps(outcomes))
