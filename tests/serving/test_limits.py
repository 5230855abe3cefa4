"""What a server refuses: by default only this machine may ask, and never for more than it can bear."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from served_model import MODEL, Client, open_server

from tfbert.serving.loaded_model import LoadedModel

BODY = 1 << 20
SECRET = "s3cret-é"


@pytest.fixture(scope="module")
def small(model: Path) -> Iterator[Client]:
    """A server with a token, a short queue and little patience."""
    with open_server(
        model, token=SECRET, queue_size=8, max_request_texts=8, timeout=1.0, max_table_bytes=1000
    ) as client:
        yield client


def bearer(token: str = SECRET) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}".encode().decode("latin-1")}


def connect(client: Client) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(client.address).netloc, timeout=30)


def test_a_body_over_the_limit_is_refused_before_it_is_read(server: Client) -> None:
    connection = connect(server)
    connection.putrequest("POST", f"/v1/models/{MODEL}:predict")
    connection.putheader("Content-Length", str(10 * BODY))
    connection.endheaders()
    response = connection.getresponse()
    assert (response.status, json.loads(response.read())) == (
        413,
        {"error": "The body is larger than the 1048576 bytes that are allowed."},
    )
    connection.close()


def test_a_body_without_a_length_is_refused_when_it_grows_over_the_limit(server: Client) -> None:
    with socket.create_connection(urlsplit(server.address).netloc.split(":")) as raw:
        raw.sendall(b"POST /v1/models/messages:predict HTTP/1.1\r\nHost: localhost\r\n")
        raw.sendall(b"Transfer-Encoding: chunked\r\n\r\n")
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        for _ in range(BODY // 0x10000 + 1):
            raw.sendall(chunk)
        assert raw.recv(100).startswith(b"HTTP/1.1 413 ")


def test_too_many_texts_or_too_long_ones_are_refused(server: Client) -> None:
    answer = server.predict({"instances": ["a"] * 21})
    assert (answer.status, answer.json) == (400, {"error": "The request has 21 rows; at most 20 are allowed."})
    answer = server.predict({"instances": ["a", "b" * 501]})
    assert (answer.status, answer.json) == (400, {"error": "Text 1 has 501 characters; at most 500 are allowed."})
    assert server.predict({"instances": ["b" * 500] * 20}).status == 200


def test_a_compressed_body_is_refused(server: Client) -> None:
    answer = server.post(f"/v1/models/{MODEL}:predict", {"instances": ["a"]}, **{"Content-Encoding": "gzip"})
    assert answer.status == 415


def test_a_name_of_another_machine_is_refused_on_a_loopback_address(server: Client) -> None:
    for host in ("evil.example", "evil.example:8501", "", "localhost.evil.example:80"):
        assert server.get("/", Host=host).status == 421
    for host in ("localhost", "localhost:1234", "127.0.0.1:8501", "[::1]:8501"):
        assert server.get("/healthz", Host=host).status == 200


def test_without_the_token_nothing_is_answered_but_health(small: Client) -> None:
    paths = ("/", "/page/page.js", "/page/model", "/metrics", f"/v1/models/{MODEL}", "/versions/3/card", "/nothing")
    for headers in ({}, bearer("wrong"), bearer(""), {"Authorization": "Basic ?"}, {"Authorization": "Digest x"}):
        for path in paths:
            answer = small.get(path, **headers)
            assert (answer.status, answer.json) == (401, {"error": "The request bears no valid token."})
            assert answer.headers["WWW-Authenticate"] == 'Bearer, Basic realm="tfbert"'
    assert small.get("/healthz").status == small.get("/readyz").status == 200


def test_the_token_opens_as_bearer_and_as_a_browsers_password(small: Client) -> None:
    password = base64.b64encode(f"anyone:{SECRET}".encode()).decode()
    for headers in (bearer(), {"Authorization": f"Basic {password}"}):
        assert small.post(f"/v1/models/{MODEL}:predict", {"instances": ["a"]}, **headers).status == 200


def test_a_body_that_does_not_come_gets_408(small: Client) -> None:
    connection = connect(small)
    connection.putrequest("POST", f"/v1/models/{MODEL}:predict")
    for name, value in {"Content-Length": "100", **bearer()}.items():
        connection.putheader(name, value)
    connection.endheaders(b'{"instances":')
    response = connection.getresponse()
    assert (response.status, json.loads(response.read())) == (408, {"error": "The body did not come within 1 seconds."})
    connection.close()


def test_an_answer_that_takes_too_long_gets_504_and_the_next_one_comes(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick, released = LoadedModel.score, threading.Event()

    def slow(self: LoadedModel, rows: Sequence[tuple[str, ...]]) -> np.ndarray:
        if ("slow",) in rows:
            released.wait(60)
        return quick(self, rows)

    monkeypatch.setattr(LoadedModel, "score", slow)
    with open_server(model, timeout=2.0) as client:
        answer = client.predict({"instances": ["slow"]})
        assert (answer.status, answer.json) == (504, {"error": "No answer within 2 seconds."})
        released.set()
        assert client.predict({"instances": ["quick"]}).status == 200
        assert client.metric("tfbert_waiting_texts") == 0


def test_a_table_that_does_not_come_gets_408_and_blocks_no_other(small: Client) -> None:
    connection = connect(small)
    connection.putrequest("POST", "/page/tables?text=text")
    for name, value in {"Content-Length": "100", **bearer()}.items():
        connection.putheader(name, value)
    connection.endheaders(b"text\n")
    assert connection.getresponse().status == 408
    connection.close()
    answer = small.ask("POST", "/page/tables?text=none", b"text\n", bearer())
    while small.get(f"/page/tables/{answer.json['key']}", **bearer()).json["state"] == "running":
        pass


def test_a_full_queue_answers_503_and_says_when_to_come_again(small: Client) -> None:
    """One request computes, one fills the queue; what comes then is refused, and nothing that was taken is lost."""
    text = "word " * 10_000
    statuses: list[int] = []
    retries: set[str | None] = set()

    def ask() -> None:
        answer = small.post(f"/v1/models/{MODEL}:predict", {"instances": [text] * 8}, **bearer())
        statuses.append(answer.status)
        if answer.status == 503:
            retries.add(answer.headers["Retry-After"])
            assert answer.json == {"error": "The server has too much to do."}

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {200, 503, 504}
    assert statuses.count(503) >= 1
    assert statuses.count(200) >= 1
    assert retries == {"1"}
    assert small.post(f"/v1/models/{MODEL}:predict", {"instances": ["a"] * 8}, **bearer()).status == 200


def test_a_table_over_the_limit_is_refused(small: Client) -> None:
    answer = small.ask("POST", "/page/tables?text=text", b"text\n" + b"a\n" * 500, bearer())
    assert (answer.status, answer.json) == (413, {"error": "The body is larger than the 1000 bytes that are allowed."})


@pytest.mark.parametrize(
    "path",
    [
        "/versions/3/report/../tfbert.json",
        "/versions/3/report/..%2Ftfbert.json",
        "/versions/3/report/%2e%2e/tfbert.json",
        "/versions/3/report//etc/passwd",
        "/versions/../../etc/passwd",
        "/page/../app.py",
        "/page/..%2Fapp.py",
        "/page/%2Fetc%2Fpasswd",
        "/page/tables/..%2F..%2Fetc/passwd",
        "/page/tables/x/..%2F..%2Fetc%2Fpasswd",
        "/v1/models/..%2F..%2Fetc",
        "/v1/models/messages/versions/3%2F..%2F1",
    ],
)
def test_no_path_leads_to_a_file_that_is_not_offered(server: Client, path) -> None:
    answer = server.get(path)
    assert answer.status in (400, 404)
    assert set(answer.json) == {"error"}


def test_no_answer_is_cached_guessed_at_or_framed(server: Client) -> None:
    headers = server.get("/").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Server"] is None
    policy = headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"} <= set(policy)
    assert "unsafe" not in headers["Content-Security-Policy"]


def test_a_method_that_a_path_has_not_is_refused(server: Client) -> None:
    for method, path, status in (("POST", "/healthz", 405), ("DELETE", "/", 405), ("PUT", "/v1/models/a:predict", 400)):
        answer = server.ask(method, path)
        assert (answer.status, set(answer.json)) == (status, {"error"})
