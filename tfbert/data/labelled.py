"""The labelled rows of a table, in memory, with every row that cannot be trained on named."""

from __future__ import annotations

import dataclasses
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tfbert.data.answers import place_answer
from tfbert.data.label_cells import label_fault, label_text
from tfbert.data.records import Row, shown
from tfbert.data.sample_weights import weight_fault
from tfbert.data.tables import Reject, TableFormat, open_table
from tfbert.errors import DataError


@dataclasses.dataclass(frozen=True)
class LabelledRows:
    """Texts and labels, one each a row, in the order of the files, and the rows that were left out.

    Attributes:
        columns: the rows' texts, by the names that a model's signatures have for them: `text`, and `text_pair` of
            pairs.
        labels: label cells, as the task's `label_text` has them.
        files, lines: where each row stands, as `Row` has it; 16 bytes a row.
        rejects: the rows that were left out.
        weights: what rows count in the loss; None where there is no such column.
    """

    columns: dict[str, list[str]]
    labels: list[str]
    files: list[str]
    lines: array[int]
    rejects: list[Reject]
    weights: array[float] | None = None

    @property
    def texts(self) -> list[str]:
        """The first text of each row."""
        return self.columns["text"]

    @property
    def shown_texts(self) -> list[str]:
        """All texts of each row, each on a line of its own."""
        return ["\n".join(texts) for texts in zip(*self.columns.values(), strict=True)]

    def __len__(self) -> int:
        return len(self.labels)

    def select(self, rows: Iterable[int]) -> LabelledRows:
        """The chosen rows, without the rejects."""
        chosen = list(rows)
        return LabelledRows(
            columns={name: [texts[row] for row in chosen] for name, texts in self.columns.items()},
            labels=[self.labels[row] for row in chosen],
            files=[self.files[row] for row in chosen],
            lines=array("q", (self.lines[row] for row in chosen)),
            rejects=[],
            weights=self.weights and array("d", (self.weights[row] for row in chosen)),
        )

    def add(self, row: Row, *, texts: Sequence[str], label: str, weight: Any) -> None:
        """Append a row of a table with what was read from its columns."""
        for column, text in zip(self.columns.values(), texts, strict=True):
            column.append(text)
        self.labels.append(label)
        self.files.append(row.file)
        self.lines.append(row.line)
        if self.weights is not None:
            self.weights.append(float(weight))

    def leave_out(self, reasons: dict[int, str]) -> LabelledRows:
        """These rows with some, by number, moved to the rejects for a reason."""
        rejects = [
            Reject(self.files[row], self.lines[row], reason, shown(self.texts[row])) for row, reason in reasons.items()
        ]
        kept = self.select(row for row in range(len(self)) if row not in reasons)
        return dataclasses.replace(kept, rejects=self.rejects + rejects)


def read_labelled(
    paths: Sequence[str],
    *,
    texts: Mapping[str, str],
    label: str,
    table_format: TableFormat,
    answer_start: str = "",
    sample_weight: str = "",
    label_fault: Callable[..., str | None] = label_fault,
    label_text: Callable[..., str] = label_text,
) -> LabelledRows:
    """Read every labelled row of one or more tables.

    A row whose label or weight cannot be one joins the rejects.

    Args:
        paths: the files, `-` for standard input.
        texts: the names of the columns of texts, by those that a model's signatures have for them.
        label: the label column's name.
        table_format: how the files are written.
        answer_start: the name of the column that says where answers begin, see `place_answer`; '' for none.
        sample_weight: the name of the column of weights; '' for none.
        label_fault: says why a cell cannot be a label; each task has its own.
        label_text: what is kept of a cell that can be one; each task has its own.

    Raises:
        DataError: a missing file or column, or no usable row at all.
    """
    weights = array("d") if sample_weight else None
    rows = LabelledRows({name: [] for name in texts}, [], [], array("q"), [], weights)
    text_columns = tuple(texts.values())
    for path in paths:
        with open_table(path, text_columns=text_columns, table_format=table_format) as table:
            at_texts = [table.columns.index(name) for name in text_columns]
            at_label = column_index(table.columns, label, path=path, flag="--label")
            at_start = at_weight = None
            if answer_start:
                at_start = column_index(table.columns, answer_start, path=path, flag="--answer-start")
            if sample_weight:
                at_weight = column_index(table.columns, sample_weight, path=path, flag="--sample-weight")
            for row in table:
                if isinstance(row, Reject):
                    rows.rejects.append(row)
                    continue
                found, given = [row.values[at] for at in at_texts], row.values[at_label]
                if at_start is not None:
                    given = place_answer(given, row.values[at_start])
                weight = None if at_weight is None else row.values[at_weight]
                fault = label_fault(given, column=label, texts=found)
                if at_weight is not None:
                    fault = fault or weight_fault(weight, column=sample_weight)
                if fault:
                    rows.rejects.append(Reject(row.file, row.line, fault, shown(found[0])))
                else:
                    rows.add(row, texts=found, label=label_text(given, texts=found), weight=weight)
    check_any(rows, paths=paths)
    return rows


def check_any(rows: LabelledRows, *, paths: Sequence[str]) -> None:
    """Raises a DataError when all rows were rejected."""
    if len(rows):
        return
    first = f", the first for {rows.rejects[0].reason}," if rows.rejects else ""
    raise DataError(
        "labelled rows to train on",
        found=f"{len(rows.rejects)} rejected rows{first} and no other in {', '.join(paths)}",
        fix="check the file, --text, --label and --quoting",
    )


def column_index(columns: Sequence[str], name: str, *, path: str, flag: str) -> int:
    """Where a column stands.

    Raises:
        DataError: there is no such column; the message lists those there are.
    """
    if name not in columns:
        raise DataError(
            f"a column named '{name}'",
            found=f"columns {', '.join(columns)} ({path})",
            fix=f"name the column with {flag}",
        )
    return list(columns).index(name)
