"""What cannot be done, in one line that says what to do instead."""


class Refused(Exception):
    """The model, or what was asked for, cannot be used. The message names the way out."""


def one_line(error: BaseException, longest: int = 300) -> str:
    """The first line of a library's error that says anything."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[0] if lines else type(error).__name__
    return text if len(text) <= longest else f"{text[:longest]}..."
