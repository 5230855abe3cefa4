"""The handlers of the page: its three files, and what it asks for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from tfbert.serving.documents import MEDIA_TYPES
from tfbert.serving.exchange import coming_within, json_response, stream_body
from tfbert.serving.failure import Failure, invalid
from tfbert.serving.version import ServedVersion

# The page takes scripts, styles and answers from this server alone, and stands in no frame.
COMMON_POLICY = "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
PAGE_POLICY = f"{COMMON_POLICY}; script-src 'self'; style-src 'self'; connect-src 'self'"
FOLDER = Path(__file__).parent / "page"
FILES = {path.name: path.read_bytes() for path in FOLDER.iterdir()}


async def show_page(request: Request) -> Response:
    """The page itself, or its style or script."""
    request.scope["asked"] = "page"
    name = request.path_params.get("name", "page.html")
    if name not in FILES:
        raise Failure("NOT_FOUND", "There is no such file.")
    media_types = MEDIA_TYPES | {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
    return Response(
        FILES[name], media_type=media_types[Path(name).suffix], headers={"Content-Security-Policy": PAGE_POLICY}
    )


async def describe_model(request: Request) -> Response:
    """What the page must know of the versions that answer, the latest first."""
    state = request.app.state
    catalogue, options = state.catalogue, state.options
    versions = [_describe_version(catalogue.find(catalogue.name, version=n)) for n in catalogue.numbers]
    limits = {
        "characters": options.max_text_characters,
        "table_rows": options.max_table_rows,
        "table_bytes": options.max_table_bytes,
    }
    return json_response({"name": catalogue.name, "versions": versions[::-1], "limits": limits})


def _describe_version(version: ServedVersion) -> dict[str, Any]:
    manifest, documents = version.model.scorer.manifest, version.model.documents
    return {
        "number": version.number,
        "task": manifest.task,
        "labels": list(manifest.labels),
        "text_columns": manifest.text_columns,
        "max_length": manifest.max_length,
        "card": bool(documents.card),
        "report": "report.html" in documents.report,
    }


async def begin_table(request: Request) -> Response:
    """Begin to score a table; the answer has its key."""
    state = request.app.state
    request.scope["asked"] = "table"
    query = request.query_params
    version = find_version(request)
    async with coming_within(state.options.timeout):
        key = await state.tables.begin(
            stream_body(request, most_bytes=state.options.max_table_bytes),
            version=version,
            table_format=query.get("format", "csv"),
            columns=_table_columns(query, version),
        )
    return json_response({"key": key}, status=202)


def _table_columns(query: QueryParams, version: ServedVersion) -> dict[str, str]:
    """The columns that make a row, by the names that signatures have."""
    usual = version.model.scorer.manifest.text_columns
    return {name: query.get(name, column) for name, column in usual.items()}


async def show_table(request: Request) -> Response:
    """How far the scoring of a table is."""
    return json_response(request.app.state.tables.find(request.path_params["key"]).shown())


async def send_result(request: Request) -> Response:
    """The predictions or the rejects of a table."""
    name = request.path_params["name"]
    path = request.app.state.tables.result(request.path_params["key"], name)
    return FileResponse(path, filename=path.name, media_type=MEDIA_TYPES[".csv"])


def find_version(request: Request) -> ServedVersion:
    """The version in the path or the query of a request, or the latest."""
    catalogue = request.app.state.catalogue
    number = str(request.path_params.get("number", request.query_params.get("version", "")))
    if number and not (number.isascii() and number.isdecimal() and len(number) < 19):
        raise invalid("A version is a whole number.")
    version: ServedVersion = catalogue.find(catalogue.name, version=int(number) if number else None)
    return version
