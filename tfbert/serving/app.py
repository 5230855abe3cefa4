"""The ASGI application: which handler answers which path."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tfbert.serving import document_pages, exchange, explanations, page, rest
from tfbert.serving.catalogue import Catalogue
from tfbert.serving.failure import Failure
from tfbert.serving.guard import Guard
from tfbert.serving.metrics import Metrics
from tfbert.serving.options import ServeOptions
from tfbert.serving.tables import Tables

EVERY_METHOD = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def build_app(catalogue: Catalogue, tables: Tables, *, options: ServeOptions, metrics: Metrics, token: str) -> ASGIApp:
    """The application.

    Args:
        catalogue: the versions that answer; the caller starts and closes it.
        tables: the page's jobs; the caller closes them.
        options: limits.
        metrics: counts.
        token: what requests must bear; empty for nothing.
    """
    app = Starlette(
        routes=[
            Route("/v1/{rest:path}", rest.handle, methods=EVERY_METHOD),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", show_metrics),
            Route("/", page.show_page),
            Route("/page/model", page.describe_model),
            Route("/page/explain", explanations.explain_text, methods=["POST"]),
            Route("/page/tables", page.begin_table, methods=["POST"]),
            Route("/page/tables/{key}", page.show_table),
            Route("/page/tables/{key}/{name}", page.send_result),
            Route("/page/{name}", page.show_page),
            Route("/versions/{number}/card", document_pages.show_card),
            Route("/versions/{number}/report/{name:path}", document_pages.show_report),
        ],
        exception_handlers={
            Failure: exchange.on_failure,
            HTTPException: exchange.on_http_error,
            Exception: exchange.on_bug,
        },
    )
    app.router.redirect_slashes = False
    app.state.catalogue, app.state.tables = catalogue, tables
    app.state.options, app.state.metrics = options, metrics
    return Guard(app, host=options.host, token=token, metrics=metrics)


async def healthz(request: Request) -> Response:
    """Whether the process answers."""
    request.scope["asked"] = "health"
    return Response("ok\n", media_type="text/plain")


async def readyz(request: Request) -> Response:
    """Whether a version answers."""
    request.scope["asked"] = "health"
    if not request.app.state.catalogue.numbers:
        raise Failure("UNAVAILABLE", "No version is loaded.", retry_after=1)
    return Response("ok\n", media_type="text/plain")


async def show_metrics(request: Request) -> Response:
    """What Prometheus reads."""
    request.scope["asked"] = "metrics"
    return Response(request.app.state.metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")
