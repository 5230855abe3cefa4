"""JSON that somebody else wrote: its value, or in a few words why it is none."""

from __future__ import annotations

import json
from typing import Any

from tfbert.data.records import REASONS


def parse_json(text: str) -> tuple[Any, str | None]:
    """The value of a JSON text and None, or None and the fault as `REASONS` has it."""
    try:
        return json.loads(text), None
    except json.JSONDecodeError as error:
        problem = f"{error.msg} at character {error.pos + 1}"
    except RecursionError:
        problem = "nested too deeply"
    except ValueError:  # Python's limit on the digits of an int
        problem = "a number with too many digits"
    return None, REASONS["json"].format(problem=problem)
