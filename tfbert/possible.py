"""What the value of an option can be, in words and as a test; shared by the options of all commands."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from tfbert.errors import ConfigError

MOST = 65_536  # of epochs, rows in a batch, units and tokens: far beyond any sensible value, far below what overflows
FRACTION = ("a fraction from 0 up to, not including, 1", lambda value: 0 <= value < 1)
COUNT = (f"a whole number from 1 to {MOST:,}", lambda value: 1 <= value <= MOST)
AMOUNT = ("a finite number of at least 0", lambda value: 0 <= value < math.inf)
POSITIVE = ("a finite number above 0", lambda value: 0 < value < math.inf)
SEED = ("a whole number from 0 to 2147483647", lambda value: 0 <= value < 2**31)


class ImpossibleValue(ConfigError):
    """A value outside of what its option can be."""

    def __init__(self, key: str, expected: str, *, found: str) -> None:
        self.key = key
        super().__init__(expected, found=found, fix=f"mend {key}")


Possible = Mapping[str, tuple[str, Callable[[Any], bool]]]
"""What an option can be, in words and as a test."""


def check_possible(options: Any, possible: Possible) -> None:
    """Refuse a value that its option cannot have.

    Raises:
        ImpossibleValue: names the first. One that is not UTF-8, such as a file's name in another encoding, is among
            them: what a run writes about itself could not hold it.
    """
    for key, value in vars(options).items():
        for text in value if isinstance(value, tuple) else (value,):
            if isinstance(text, str) and not _is_utf8(text):
                raise ImpossibleValue(key, f"{key} in UTF-8", found=shown_value(text))
    for key, (expected, accepts) in possible.items():
        if not accepts(getattr(options, key)):
            raise ImpossibleValue(key, f"{key} to be {expected}", found=shown_value(getattr(options, key)))


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def shown_value(value: Any) -> str:
    """A value as an error message shows it."""
    try:
        return repr(value)
    except ValueError:  # Python does not write out whole numbers of more than 4,300 digits
        return "a number of thousands of digits"
