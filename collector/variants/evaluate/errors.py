"""What ends an evaluation before or while it runs."""


class EvaluateError(Exception):
    """Something that the caller can mend; the message says what and how."""
