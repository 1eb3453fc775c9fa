"""Settings of the hot path: sections ``spool`` and ``limits``."""

from pydantic import BaseModel, ConfigDict, Field


class SpoolSettings(BaseModel):
    """Section ``spool``: the durable queue between an acknowledgement and the store."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_bytes: int = Field(
        default=1 << 30,
        ge=1 << 20,
        description="Bytes of reports waiting for the store; past it new reports get 503 spool_full",
    )
    retry_horizon_hours: float = Field(
        default=49.0,
        ge=0.01,
        description=(
            "How long a stored batch's id is remembered, to recognise a retry. Items older than 48 hours are "
            "refused, so nothing can be stored twice when this is above 48 hours and 5 minutes"
        ),
    )
    max_remembered: int = Field(
        default=20_000_000,
        ge=1000,
        description=(
            "Batch ids remembered at most (about 30 bytes of disk each); the oldest go first, by the hour"
        ),
    )
    linger_seconds: float = Field(
        default=1.0, ge=0, le=60, description="How long the drain gathers reports when there are few"
    )
    block_reports: int = Field(
        default=8000, ge=1, le=100_000, description="Reports that one insert into the store holds at most"
    )
    stop_seconds: float = Field(
        default=10.0, ge=0, description="How long a stopping collector keeps draining; the rest waits on disk"
    )


class LimitSettings(BaseModel):
    """Section ``limits``: what one request may cost."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    body_bytes: int = Field(default=64 << 10, ge=1024, description="A body as it arrives, gzip or not")
    inflated_bytes: int = Field(default=512 << 10, ge=1024, description="A body after gunzip")
    body_seconds: float = Field(default=10.0, gt=0, description="How long a body may take to arrive")
    header_seconds: float = Field(
        default=10.0, gt=0, description="How long a request's headers may take; then the connection is closed"
    )
    header_bytes: int = Field(
        default=32 << 10, ge=1024, description="Headers of a request; past it the connection is closed"
    )
    concurrent_reports: int = Field(
        default=2000,
        ge=1,
        description="Reports read or waiting for the disk at one time; more get 503 spool_unavailable",
    )
    key_reports_per_second: float = Field(
        default=5000.0,
        gt=0,
        description="Reports a second with one write key; more get 429 too_many_requests. For each process",
    )
    key_burst: int = Field(
        default=20_000, ge=1, description="Reports that a key may send at once after a quiet time"
    )
    source_reports_per_second: float = Field(
        default=20.0,
        gt=0,
        description=(
            "Reports a second from one address (IPv6: one /64), which an office shares; more get 429. A page "
            "sends one a minute"
        ),
    )
    source_burst: int = Field(
        default=600, ge=1, description="Reports that an address may send at once after a quiet time"
    )
    sources_kept: int = Field(
        default=50_000,
        ge=1,
        le=10_000_000,
        description="Addresses with a budget at one time (150 bytes each, as a keyed hash, in memory only)",
    )
    forwarded_hops: int | None = Field(
        default=None,
        ge=0,
        le=16,
        description=(
            "Proxies in front that add to X-Forwarded-For; 0 for none. None: not known, so that an address "
            "has a budget only where a request comes straight from a public one"
        ),
    )
