"""What ends a demo early."""


class DemoError(Exception):
    """The demo cannot go on. The message says what to install or do."""
