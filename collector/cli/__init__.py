"""The ``inferfleet`` command line. Thin: reads the settings, composes the parts, prints what they say."""


def main() -> None:
    """The entry point of the installed command."""
    from collector.cli.app import app  # noqa: PLC0415 - who imports one command need not load them all

    app()
