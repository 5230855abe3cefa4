"""Tables that the page sends: the same bytes as `tfbert score`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from served_model import Client, open_server

from tfbert.jobs.score import score
from tfbert.jobs.train import TrainedModel
from tfbert.serving.occlusion import MOST_WORDS


def send(client: Client, table: bytes, *, text: str, **query: str) -> str:
    path = "/page/tables?" + "&".join(f"{name}={value}" for name, value in {"text": text, **query}.items())
    answer = client.ask("POST", path, table, {"Content-Type": "text/csv"})
    assert answer.status == 202, answer.json
    return answer.json["key"]


def finish(client: Client, key: str) -> dict[str, Any]:
    until = time.monotonic() + 120
    while (job := client.get(f"/page/tables/{key}").json)["state"] == "running":
        assert time.monotonic() < until
        time.sleep(0.05)
    return job


def test_a_table_gives_the_bytes_of_tfbert_score(
    server: Client, trained: TrainedModel, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = send(server, inbox.read_bytes(), text="message")
    busy = server.ask("POST", "/page/tables?text=message", inbox.read_bytes())
    assert (busy.status, busy.headers["Retry-After"]) == (503, "5")
    assert busy.json == {"error": "Another table is being scored."}
    job = finish(server, key)
    assert (job["state"], job["error"], job["rows"]) == ("done", "", 146)
    assert (job["scored"], job["rejected"]) == (132, 14)
    (tmp_path / "table.csv").write_bytes(inbox.read_bytes())
    monkeypatch.chdir(tmp_path)
    score(trained.folder, ["table.csv"], output="predictions.csv", text="message", rejects="rejects.csv")
    for name in ("predictions.csv", "rejects.csv"):
        answer = server.get(f"/page/tables/{key}/{name}")
        assert answer.body == (tmp_path / name).read_bytes()
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert [server.get(f"/page/tables/{key}/{name}").status for name in ("log", "table.csv", "..")] == [404] * 3


def test_a_table_that_cannot_be_scored_says_why(server: Client) -> None:
    job = finish(server, send(server, b"id,body\n1,a\n", text="text"))
    assert (job["state"], job["error"]) == (
        "failed",
        "expected a column named 'text', found columns id, body (table.csv)",
    )
    job = finish(server, send(server, b"text\n" + b"a\n" * 10_001, text="text"))
    assert job["error"] == "expected at most 10,000 rows on this page, found 10,001"


@pytest.mark.slow
def test_tables_of_other_formats_are_scored(server: Client) -> None:
    for table_format, table in (("tsv", b'id\ttext\n1\ta "b\n'), ("jsonl", b'{"id": 1, "text": "a \\"b"}\n')):
        key = send(server, table, text="text", format=table_format)
        assert finish(server, key)["scored"] == 1
        assert b'1,"a ""b",' in server.get(f"/page/tables/{key}/predictions.csv").body


def test_an_unknown_format_key_or_result_is_refused(server: Client) -> None:
    answer = server.ask("POST", "/page/tables?format=../../etc/passwd", b"")
    assert (answer.status, answer.json) == (400, {"error": "A table is one of csv, tsv, jsonl."})
    assert server.get("/page/tables/other").status == 404


def test_a_table_that_takes_too_long_is_given_up_and_the_next_one_served(model: Path) -> None:
    with open_server(model, table_timeout=0.1) as client:
        job = finish(client, send(client, b"text\na\n", text="text"))
        assert (job["state"], job["error"]) == ("failed", "The table was not scored within 0.1 seconds.")
        assert client.ask("POST", "/page/tables?text=text", b"text\na\n").status == 202


@pytest.mark.slow
def test_only_the_last_results_are_kept(server: Client) -> None:
    keys = []
    for _ in range(5):
        keys.append(send(server, b"text\na\n", text="text"))
        finish(server, keys[-1])
    assert [server.get(f"/page/tables/{key}").status for key in keys] == [404, 200, 200, 200, 200]


def test_words_are_weighed_by_leaving_them_out(server: Client, score) -> None:
    text = " where  is\nmy parcel? "
    answer = server.post("/page/explain", {"text": text}).json
    (weighed,) = answer["texts"]
    assert "".join(weighed["pieces"]) == text
    (whole, without) = score([text, text.replace("parcel?", "")])
    best = whole.argmax()
    assert (answer["decided"], answer["explained"]) == ([best], best)
    weight = weighed["weights"][weighed["pieces"].index("parcel?")]
    assert weight == pytest.approx(float(whole[best] - without[best]), abs=1e-6)
    assert [weight is None for weight in weighed["weights"]] == [piece.isspace() for piece in weighed["pieces"]]


def test_of_a_long_text_only_the_first_words_are_weighed(model: Path) -> None:
    with open_server(model) as client:
        (text,) = client.post("/page/explain", {"text": "word " * 300}).json["texts"]
        assert sum(weight is not None for weight in text["weights"]) == MOST_WORDS
        for content in ({}, {"text": 1}, {"text": "\ud800"}, []):
            assert client.post("/page/explain", content).status == 400
        assert client.post("/page/explain?version=x", {"text": "a"}).status == 400
        assert client.post("/page/explain?version=9", {"text": "a"}).status == 404


def test_card_and_report_of_each_version_are_shown_without_scripts(server: Client) -> None:
    card = server.get("/versions/1/card")
    assert "<h1>" in card.body.decode()
    assert "tags:" not in card.body.decode()
    report = server.get("/versions/3/report/report.html")
    for answer in (card, report):
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert "script-src" not in answer.headers["Content-Security-Policy"]
        assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert server.get("/versions/3/report/metrics.json").headers["Content-Type"] == "application/json"
    assert server.get("/versions/2/card").status == 404
