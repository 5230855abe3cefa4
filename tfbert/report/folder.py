"""A report's folder: its files appear together."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def open_folder(folder: Path) -> Iterator[Path]:
    """A folder to write files into; they become those of `folder` when the block ends without an error.

    A new folder appears whole; in one that is there, files of the same names are replaced.
    """
    there = folder.is_dir()
    partial = folder / ".partial" if there else folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)  # of a killed run
    partial.mkdir(parents=True)
    try:
        yield partial
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    if not there:
        partial.rename(folder)
        return
    for path in sorted(partial.iterdir()):
        os.replace(path, folder / path.name)
    partial.rmdir()


def write_texts(folder: Path, contents: Mapping[str, str]) -> None:
    """Write files of UTF-8, name to content."""
    for name, content in contents.items():
        # A lone surrogate, which JSON can smuggle in, has no UTF-8: it is written as its escape.
        (folder / name).write_text(content, encoding="utf-8", errors="backslashreplace", newline="")
