"""A model of numpy for tests of what surrounds a model: journal, windows, shards, rejects. The real one: test_job."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from tfbert.data.labels import Labels
from tfbert.data.tables import TableFormat
from tfbert.scoring.job import score_tables
from tfbert.scoring.summary import Summary
from tfbert.tasks.single_label import SingleLabel

LABELS = ("bad", "good")
WINDOW = 20


class StandIn:
    """Its probabilities depend on the text and, as the last digits of a real model's, on the company in the window."""

    manifest = SimpleNamespace(model="stand-in/1", labels=LABELS, text_columns={"text": "text"})
    task = SingleLabel(Labels(LABELS))
    digest = "0" * 64
    tokens_scored = texts_repeated = 0

    def load(self) -> None:
        """Nothing."""

    def score(self, *columns: Sequence[str]) -> np.ndarray:
        """Probabilities from checksums."""
        (texts,) = columns
        sums = np.array([zlib.crc32(text.encode()) for text in texts], np.float64) / 2**32
        good = 0.9 * sums + 0.1 * (sums.sum() % 1.0)
        self.tokens_scored += len(texts)
        return np.stack([1 - good, good], axis=1).astype(np.float32).reshape(len(texts), 2)


class Watch:
    """Notes every row that it is shown, so that rows shown twice or never are noticed."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, int, float]] = []

    def begin(self, columns: Sequence[str], file: str) -> None:
        """Nothing."""

    def window(self, rows: list, probabilities: np.ndarray) -> None:
        """Note rows."""
        self.seen += [(row.file, row.line, float(p[1])) for row, p in zip(rows, probabilities, strict=True)]


def score_alone(source: object, output: object, **options: object) -> Summary:
    """A job of one table or several."""
    inputs = [str(path) for path in source] if isinstance(source, list) else [str(source)]
    defaults = {"texts": {"text": "text"}, "table_format": TableFormat(), "window_rows": WINDOW}
    return score_tables(StandIn(), inputs, output=str(output), **{**defaults, **options})


def score_watched(source: object, output: object, **options: object) -> Summary:
    """A job with an observer; what it has seen lies beside the output in the end."""
    watch = Watch()

    def finish(summary: Summary) -> None:
        Path(f"{output}.seen").write_text("".join(f"{line}\n" for line in watch.seen))

    return score_alone(source, output, observe=watch, finish=finish, **options)


def write_dirty_table(path: Path, *, rows: int) -> Path:
    """Rows of which some have no text, an open quote, another number of columns or a text of two lines."""
    lines = ["id,text"]
    for number in range(rows):
        text = f"row {number} " + "word é " * (number % 7)
        dirty = {3: "", 5: f'"open {text}', 8: f'"two\nlines, {text}"', 11: f"{text},more"}
        lines.append(f"{number},{dirty.get(number % 37, text)}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
