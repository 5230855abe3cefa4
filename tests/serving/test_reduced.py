"""A model in 16 bits beside the one in float32 that it was made from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from served_model import MODEL, add_version, open_server

from tfbert.jobs.export_model import export_model
from tfbert.jobs.train import TrainedModel
from tfbert.scoring.scorer import Scorer

TEXTS = ["Where is my parcel?", "I was charged twice", "the app crashes " * 20, ""]


def test_an_export_in_float16_is_served_as_the_next_version(trained: TrainedModel, tmp_path: Path) -> None:
    full = add_version(tmp_path / MODEL, trained, 1)
    assert export_model(full, precision="float16", output=tmp_path / MODEL).folder == tmp_path / MODEL / "2"
    with open_server(tmp_path / MODEL, versions="all", labels=("small=2",)) as client:
        answers = [
            client.predict({"instances": TEXTS}, at=f"{MODEL}/{version}").json["predictions"]
            for version in ("versions/1", "labels/small")
        ]
        classified = client.post(
            f"/v1/models/{MODEL}:classify", {"signature_name": "classify", "examples": [{"text": TEXTS[0]}]}
        )
        signatures = client.get(f"/v1/models/{MODEL}/versions/2/metadata").json["metadata"]["signature_def"]
        card = client.get("/versions/2/card").body.decode()
    before, after = (np.array([row["probabilities"] for row in rows], np.float32) for rows in answers)
    np.testing.assert_allclose(before, Scorer(trained.folder).score(TEXTS), atol=1e-5)
    assert 0 < np.abs(after - before).max() < 0.01
    assert [row["label"] for row in answers[0]] == [row["label"] for row in answers[1]]
    np.testing.assert_allclose([score for _, score in classified.json["results"][0]], after[0], atol=1e-3)
    assert "tokens" in signatures["signature_def"]
    assert "tokens_bfloat16" not in signatures["signature_def"]
    assert "float16" in card
