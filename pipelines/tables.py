"""Published tables, read as the package reads them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

import tfbert
from tfbert.data.tables import Reject


def read_rows(
    path: Path, *, columns: Mapping[str, str], table_format: tfbert.TableFormat | None = None
) -> tuple[pd.DataFrame, list[Reject]]:
    """A published table, as the package reads it: its usable rows under our names, and the rejects.

    Args:
        path: the file.
        columns: our name to the table's.
        table_format: how it is written, when its suffix does not tell.

    Raises:
        DataError: it has not these columns.
    """
    rows, rejects = [], []
    with tfbert.open_table(path, table_format=table_format or tfbert.TableFormat()) as table:
        if missing := [name for name in columns.values() if name not in table.columns]:
            raise tfbert.DataError(
                f"the published table, with a column named '{missing[0]}'",
                found=f"columns {', '.join(table.columns)} ({path})",
                fix="check --data",
            )
        at = [table.columns.index(name) for name in columns.values()]
        for record in table:
            if isinstance(record, Reject):
                rejects.append(record)
            else:
                rows.append([record.values[place] for place in at])
    return pd.DataFrame(rows, columns=list(columns)), rejects


def hold_out(rows: pd.DataFrame, *, share: float, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows at random and stratified by label, as scikit-learn's `train_test_split` has them: the rest, and the share.

    Raises:
        DataError: there are too few of a label.
    """
    from sklearn.model_selection import train_test_split

    try:
        rest, held_out = train_test_split(rows, test_size=share, stratify=rows["label"], random_state=seed)
    except ValueError as error:
        raise tfbert.DataError(
            "rows enough of every label for the published split", found=f"{len(rows)} ({error})", fix="check --data"
        ) from error
    return rest, held_out


def at_most(rows: pd.DataFrame, most: int | None) -> pd.DataFrame:
    """So many of the rows, at random; all where there are no more, or no number is given."""
    return rows if most is None or len(rows) <= most else rows.sample(most, random_state=42)
