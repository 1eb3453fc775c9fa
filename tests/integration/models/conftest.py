from tests.integration.store.conftest import app, dsn, shim, store

__all__ = ["app", "dsn", "shim", "store"]
