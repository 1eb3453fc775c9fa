"""What ends the example, in one line that says what to do."""


class SlimmingError(Exception):
    """A step could not be done."""
