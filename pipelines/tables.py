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
    """
    rows, rejects = [], []
    with tfbert.open_table(path, table_format=table_format or tfbert.TableFormat()) as table:
        at = [table.columns.index(name) for name in columns.values()]
        for record in table:
            if isinstance(record, Reject):
                rejects.append(record)
            else:
                rows.append([record.values[place] for place in at])
    return pd.DataFrame(rows, columns=list(columns)), rejects
