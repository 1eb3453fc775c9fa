"""``POST /v1/report``: who may report and how much, the body within bounds, and the answer."""
