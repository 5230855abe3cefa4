"""Reading a request within its time, and answering what went wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from tfbert.serving.answers import write_json
from tfbert.serving.failure import Failure, invalid

Answer = TypeVar("Answer")


async def read_body(request: Request, *, most_bytes: int, seconds: float) -> bytes:
    """A request's body.

    Raises:
        Failure: as `stream_body`, or it has not come in time.
    """
    async with coming_within(seconds):
        return b"".join([chunk async for chunk in stream_body(request, most_bytes=most_bytes)])


@asynccontextmanager
async def coming_within(seconds: float) -> AsyncIterator[None]:
    """A block that reads a body.

    Raises:
        Failure: it takes longer.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise Failure("REQUEST_TIMEOUT", f"The body did not come within {seconds:g} seconds.") from error


async def stream_body(request: Request, *, most_bytes: int) -> AsyncIterator[bytes]:
    """A request's body as it comes.

    Raises:
        Failure: it is compressed, so that a small one could become a very large one, or larger than allowed, or the
            client has gone.
    """
    if request.headers.get("content-encoding", "identity") != "identity":
        raise Failure("UNSUPPORTED_MEDIA_TYPE", "Compressed bodies are not read; send it without Content-Encoding.")
    size = int(request.headers.get("content-length", 0))
    if size <= most_bytes:
        size = 0
        try:
            async for chunk in request.stream():
                size += len(chunk)
                if size > most_bytes:
                    break
                yield chunk
        except ClientDisconnect as error:
            raise invalid("The client went before its body was read.") from error
    if size > most_bytes:
        raise Failure("CONTENT_TOO_LARGE", f"The body is larger than the {most_bytes} bytes that are allowed.")


async def within(seconds: float, work: Awaitable[Answer]) -> Answer:
    """What some work gives, if it does in time.

    Raises:
        Failure: it takes longer.
    """
    try:
        async with asyncio.timeout(seconds):
            return await work
    except TimeoutError as error:
        raise Failure("DEADLINE_EXCEEDED", f"No answer within {seconds:g} seconds.") from error


def json_response(value: Any, *, status: int = 200) -> Response:
    """A value as JSON."""
    return Response(write_json(value), status, media_type="application/json")


def failure_response(failure: Failure) -> Response:
    """A failure as TensorFlow Serving writes one."""
    headers = {} if failure.retry_after is None else {"Retry-After": str(failure.retry_after)}
    if failure.code == "UNAUTHENTICATED":
        headers["WWW-Authenticate"] = 'Bearer, Basic realm="tfbert"'
    if failure.code in ("REQUEST_TIMEOUT", "CONTENT_TOO_LARGE"):
        headers["Connection"] = "close"  # the rest of the body is not read
    response = json_response({"error": failure.message}, status=failure.status)
    response.headers.update(headers)
    return response


async def on_failure(_: Request, error: Exception) -> Response:
    """The answer to a request that failed as expected."""
    assert isinstance(error, Failure)
    return failure_response(error)


async def on_http_error(request: Request, error: Exception) -> Response:
    """The answer to a request that Starlette refused: no such path or method."""
    assert isinstance(error, HTTPException)
    failures = {
        404: Failure("NOT_FOUND", f"Nothing at {request.url.path[:200]}"),
        405: Failure("METHOD_NOT_ALLOWED", f"{request.method} is not for {request.url.path[:200]}"),
    }
    return failure_response(failures.get(error.status_code, invalid("Malformed request")))


async def on_bug(_: Request, __: Exception) -> Response:
    """The answer to a request that found a fault of ours; `Guard` writes it down."""
    return failure_response(Failure("INTERNAL", "The server has failed; its log says more."))
