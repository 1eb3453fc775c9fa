"""Where the tables are to live: read by the command line before anything heavy is loaded."""

from enum import StrEnum


class Layout(StrEnum):
    """One server, a replicated and sharded cluster, or ClickHouse Cloud."""

    SERVER = "server"
    CLUSTER = "cluster"
    CLOUD = "cloud"
