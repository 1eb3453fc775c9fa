"""``create_app``: the routes of one collector."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from collector import __version__
from collector.api.admin.apps import app_router
from collector.api.admin.canaries import canary_router
from collector.api.admin.jobs import admin_router
from collector.api.admin.variants import variant_router
from collector.api.collector import Collector
from collector.api.config import config_router
from collector.api.demo import DemoFiles
from collector.api.fleet.routes import fleet_router
from collector.api.health import health_router
from collector.api.serving import cors, problems

REPORT_PATH = "/v1/report"
CRASHES_PATH = "/v1/reports"
_MISWRITTEN = re.compile(r"(?=.*(?://|/\Z))/+v1/+(?:reports?|config/+[^/]+)/*\Z", re.ASCII)
"""What proxies make of the public paths: a slash at the end (Next.js, ``trailingSlash``), or doubled ones."""


def create_app(collector: Collector) -> ASGIApp:
    """The ASGI app over an opened collector. Its lifespan starts it and takes it down in reverse."""
    # Outermost, since a 404 and a 500 are answered outside of the routes.
    public = cors.PublicAnswers(make_routes(collector))
    hot = problems.ErrorBoundary(collector.report)
    crashes = problems.ErrorBoundary(collector.report.crashes)

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        # FastAPI's middleware costs a report a quarter of its time, and does nothing for it.
        if scope["type"] == "http" and _MISWRITTEN.match(scope["path"]):
            scope = {**scope, "path": re.sub("/+", "/", scope["path"]).rstrip("/")}
        path = scope["path"] if scope["type"] == "http" else None
        await (hot if path == REPORT_PATH else crashes if path == CRASHES_PATH else public)(
            scope, receive, send
        )

    return dispatch


def make_routes(collector: Collector) -> FastAPI:
    """Everything but the reports: ``create_app`` answers those itself."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        collector.start(asyncio.get_running_loop())
        try:
            yield
        finally:
            await run_in_threadpool(collector.stop)

    settings = collector.settings
    app = FastAPI(
        title="Inferfleet collector",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,  # the interactive page loads scripts from a CDN
        redoc_url=None,
        redirect_slashes=False,
    )
    problems.install(app)
    app.include_router(health_router(collector))
    app.include_router(config_router(collector))
    app.include_router(admin_router(collector))
    app.include_router(app_router(collector))
    app.include_router(variant_router(collector))
    app.include_router(canary_router(collector))
    app.include_router(
        fleet_router(
            collector.store,
            access=collector.fleet_access,
            admin_token=collector.admin_token,
            apps=lambda: list(collector.apps),
        )
    )
    if settings.api.demo_dir is not None:
        app.mount("/demo", DemoFiles(settings.api.demo_dir))
    return app
