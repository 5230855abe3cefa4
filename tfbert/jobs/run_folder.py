"""The folder of a long run: options, tokenised corpus, checkpoints and log, until the result is written."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tfbert.data.compression import check_readable
from tfbert.errors import ConfigError
from tfbert.jobs.run_options import RunConfig

if TYPE_CHECKING:
    from tfbert.data.token_corpus import TokenCorpus
    from tfbert.text.wordpiece import WordPieceTokenizer


def open_run_folder(options: RunConfig) -> Path:
    """The folder of a run, beside the output that it will have; everything that can be checked at once is checked.

    Args:
        options: a dataclass with every option; a run goes on only with the options it was started with.

    Raises:
        ConfigError: the output exists, or `resume` does not fit what is there, or the options are others.
        DataError: a file cannot be read.
    """
    target = Path(options.output)
    folder = target.with_name(f".{target.name}.run")
    if target.exists():
        raise ConfigError(f"a new folder {target}", found="one that exists", fix="name another, or delete that one")
    if not options.corpus:
        raise ConfigError("text to learn from", found="no --corpus", fix="name files with --corpus")
    for file in (*options.corpus, *options.held_out):
        check_readable(file)
    path = folder / "options.json"
    now = {**json.loads(json.dumps(dataclasses.asdict(options))), "resume": False}
    if not path.exists():
        if options.resume:
            raise ConfigError("a started run to resume", found=f"none in {folder}", fix="leave out --resume")
        folder.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(now, indent=2))
        os.replace(partial, path)
        return folder
    if not options.resume:
        raise ConfigError("a new run", found=f"a started one in {folder}", fix="add --resume, or delete that folder")
    before = json.loads(path.read_text())
    changed = sorted(name for name in now if now[name] != before.get(name))
    if changed:
        raise ConfigError(
            f"the options of the run in {folder}",
            found=", ".join(f"{name} {now[name]!r}, not {before.get(name)!r}" for name in changed),
            fix="use the same options, or another --output",
        )
    return folder


def prepare_corpus(paths: Sequence[str], *, tokenizer: WordPieceTokenizer, folder: Path) -> TokenCorpus:
    """The corpus as tokens in `folder`/corpus, tokenised when it is not there yet; the files' documents are mixed."""
    from tfbert.data.corpora import mix_documents
    from tfbert.data.token_corpus import open_corpus, write_corpus
    from tfbert.text.corpus import tokenize_documents

    if not (folder / "corpus").is_dir():
        write_corpus(tokenize_documents(mix_documents(paths), tokenizer=tokenizer), folder / "corpus")
    return open_corpus(folder / "corpus")
