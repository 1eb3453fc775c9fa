"""Inferfleet's collector: receives telemetry of in-browser inference, decides, and serves the decision back.

Layers, each importing only those below it (import-linter holds this): ``cli`` > ``api`` >
``ingest | jobs | remote_config | alerts`` > ``store`` > ``contract``.
"""

__version__ = "0.1.0"
