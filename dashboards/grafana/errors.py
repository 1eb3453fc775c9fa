"""What can go wrong while pushing."""


class PushError(Exception):
    """Grafana did not take something; the message says what, and what to do."""
