"""One cell of a label column."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from tfbert.data.cells import cell
from tfbert.data.records import kind_of

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")  # what str.splitlines breaks at, and its kin


def label_fault(value: object, *, column: str, texts: Sequence[str] = ()) -> str | None:
    """Why this cannot be the label of a row, or None. Lists of labels have one on each line."""
    if isinstance(value, dict | list | bytes):
        return f"expected a label in column '{column}', found {kind_of(value)}"
    name = label_name(value)
    if not name:
        return f"empty label in column '{column}'"
    return f"a line break or control character in the label, column '{column}'" if _CONTROL.search(name) else None


def label_text(value: object, *, texts: Sequence[str]) -> str:
    """What is kept of a label cell beside these texts: its name."""
    return label_name(value)


def label_name(value: object) -> str:
    """A label as text, without white space around it.

    It is '' for a missing one and NaN, `true` or `false` for booleans, `3` for 3 and 3.0, JSON for arrays and objects.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return cell(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
