"""Splits of one table into train, valid and test rows, with no text on two sides."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence

import numpy as np

from tfbert.errors import DataError


@dataclasses.dataclass(frozen=True)
class Split:
    """Row numbers of each part, int64, in the table's order, and what was found on the way.

    `duplicates` counts rows whose text an earlier row has; `conflicts` counts distinct texts that carry more than one
    label.
    """

    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray
    duplicates: int
    conflicts: int


def split_rows(
    texts: Sequence[Hashable],
    labels: Sequence[str],
    *,
    strata: Sequence[str] | None = None,
    groups: Sequence[Hashable] | None = None,
    valid_fraction: float,
    test_fraction: float,
    seed: int,
) -> Split:
    """Split rows by distinct text, stratified by label.

    The unit that moves is a distinct text with all its rows, so a repeated message cannot be learned and then tested;
    or a group of such. A unit with several strata stands in its most frequent one (first seen, when tied). The
    fractions are of units; those of rows differ by a little where texts repeat.

    Args:
        texts: what makes two rows the same: a text or a pair of texts; pass cleaned texts when cleaning can make texts
            equal.
        labels: one label a row.
        strata: what every part holds in the same shares, one a row, '' everywhere for nothing; the labels by default.
        groups: what may not stand on two sides, one a row, the same for rows of the same text; the texts by default.
        valid_fraction: share of the units for the valid part; may be 0.
        test_fraction: share of the units for the test part; may be 0.
        seed: decides which texts go where.

    Raises:
        DataError: a stratum with too few distinct texts to stand in every part, a part with fewer texts than strata, or
            fractions that leave nothing to learn from.
    """
    strata = labels if strata is None else strata
    units = _rows_by(texts if groups is None else groups)
    votes = (Counter(strata[row] for row in rows) for rows in units)
    group_strata = np.array([vote.most_common(1)[0][0] for vote in votes], dtype=object)

    # Shares are of all units, not of those still there.
    shares = {
        name: round(fraction * len(units))
        for name, fraction in (("test", test_fraction), ("valid", valid_fraction))
        if fraction
    }
    rest = np.arange(len(units))
    cut = {"valid": rest[:0], "test": rest[:0]}
    _check_every_stratum(group_strata, rest, parts=1 + len(shares), cut=[])
    _check_shares(shares, texts=len(units), strata=len(set(group_strata)))
    for done, (name, share) in enumerate(shares.items(), start=1):
        rest, cut[name] = _cut(rest, group_strata, share=share, seed=seed)
        _check_every_stratum(group_strata, rest, parts=1 + len(shares) - done, cut=list(shares)[:done])
    same = _rows_by(texts)
    return Split(
        train=_rows(units, rest),
        valid=_rows(units, cut["valid"]),
        test=_rows(units, cut["test"]),
        duplicates=len(texts) - len(same),
        conflicts=sum(len({labels[row] for row in rows}) > 1 for rows in same),
    )


def _rows_by(values: Sequence[Hashable]) -> list[list[int]]:
    """The rows of each distinct value."""
    rows_of: dict[Hashable, list[int]] = defaultdict(list)
    for row, value in enumerate(values):
        rows_of[value].append(row)
    return list(rows_of.values())


def _rows(units: list[list[int]], chosen: np.ndarray) -> np.ndarray:
    return np.array(sorted(row for unit in chosen for row in units[unit]), dtype=np.int64)


def _cut(rest: np.ndarray, group_strata: np.ndarray, *, share: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    # Imported here: only splitting needs scikit-learn, which takes a second to import.
    from sklearn.model_selection import train_test_split

    kept, cut = train_test_split(rest, test_size=share, stratify=group_strata[rest], random_state=seed)
    return kept, cut


def _check_every_stratum(group_strata: np.ndarray, rest: np.ndarray, *, parts: int, cut: Sequence[str]) -> None:
    """What is left must hold every stratum once for each part that is still to come of it."""
    counts = Counter(group_strata[rest])
    label = min(dict.fromkeys(group_strata), key=counts.__getitem__)
    if counts[label] >= parts:
        return
    found = f"{counts[label]} of label {label!r}" if label else str(counts[label])
    fix = f"add rows, {'drop the label, ' if label else ''}or give --valid and --test"
    if cut:
        found += f" without those of the {' and '.join(cut)} part"
        fix = f"lower {' or '.join(f'--{name}-fraction' for name in cut)}, {fix}"
    raise DataError(
        f"at least {parts} distinct texts{' of every label' if label else ''}, one for each part of the split",
        found=found,
        fix=fix,
    )


def _check_shares(shares: dict[str, int], *, texts: int, strata: int) -> None:
    """Every part, and what they leave to train, must have room for every stratum."""
    wanted = f"at least {strata} distinct text" + ("s" if strata > 1 else "")
    why = ", as many as there are labels" if strata > 1 else ""
    for name, share in shares.items():
        if share < strata:
            raise DataError(
                f"{wanted} in the {name} part{why}",
                found=f"{share} of {texts}",
                fix=f"add rows, raise --{name}-fraction or give --{name}",
            )
    left = texts - sum(shares.values())
    if left < strata:
        raise DataError(
            f"{wanted} to train on{why}",
            found=f"{max(left, 0)} of {texts} outside the {' and '.join(shares)} part",
            fix=f"add rows or lower {' or '.join(f'--{name}-fraction' for name in shares)}",
        )
