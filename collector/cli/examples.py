"""An example for the end of a command's help."""


def example(*lines: str) -> str:
    r"""Lines to copy, as an epilog that is not filled like prose (``\b``)."""
    title = "Example:" if len(lines) == 1 else "Examples:"
    return "\b\n" + "\n".join([title, *(f"  {line}" for line in lines)])
