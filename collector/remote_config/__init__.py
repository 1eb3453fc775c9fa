"""Serves decisions back: the plan for a kind of device, signed, versioned, cacheable by anyone."""

from collector.remote_config.service import ConfigService, ServedConfig
from collector.remote_config.settings import ConfigSettings
from collector.remote_config.signing import InvalidSigningKey, Signer

__all__ = ["ConfigService", "ConfigSettings", "InvalidSigningKey", "ServedConfig", "Signer"]
