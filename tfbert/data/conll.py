r"""CoNLL files of tagged tokens, read as a table of texts and their entities.

A line has a token and, as its last field, its tag; fields are parted by tabs, or by spaces where there is no tab. A
line of nothing but white space ends a sentence, which becomes a row: `text`, the tokens joined by single spaces, and
`entities`, as `tfbert.data.entities` has them. Lines that begin with -DOCSTART- are passed over.

Tags are O, B-TYPE and I-TYPE. An I- that does not go on with an entity of its type begins one, so both IOB2 and the
older IOB1 are read right (Tjong Kim Sang and Veenstra 1999, "Representing Text Chunks").
"""

from __future__ import annotations

import re
import reprlib
from collections.abc import Iterable, Iterator
from typing import Any

from tfbert.data.entities import Entity, entity_items
from tfbert.data.lines import undecodable
from tfbert.data.records import REASONS, Column, Parsed

SCHEMA = (Column("text"), Column("entities", "any"))
_DOCUMENT = "-DOCSTART-"
_TAG = re.compile(r"O|([BI])-(\S.*)")


def read_conll(lines: Iterable[str], *, encoding: str, limit: int) -> Iterator[Parsed]:
    """Yields every sentence, on its first line, with its text and entities, or with its fault (then without)."""
    for number, sentence in _sentences(lines, limit=limit):
        text = "\n".join(sentence)
        if len(text) > limit:
            yield number, text, (), REASONS["record"].format(limit=limit)
        elif fault := undecodable(text, encoding=encoding):
            yield number, text, (), fault
        else:
            values, fault = _parse(sentence, first=number)
            yield number, text, values, fault


def _sentences(lines: Iterable[str], *, limit: int) -> Iterator[tuple[int, list[str]]]:
    """The lines of each sentence and the number of the first; of one beyond the limit as many as tell that it is."""
    sentence: list[str] = []
    size = first = 0
    for number, line in enumerate(lines, 1):
        if not line or line.isspace():
            if sentence:
                yield first, sentence
            sentence, size = [], 0
        elif not line.startswith(_DOCUMENT) and size <= limit:
            first = first if sentence else number
            sentence.append(line.removesuffix("\r"))
            size += len(line) + 1
    if sentence:
        yield first, sentence


def _parse(sentence: list[str], *, first: int) -> tuple[tuple[Any, ...], str | None]:
    tokens, tags = [], list[tuple[str, str]]()
    for number, line in enumerate(sentence, first):
        fields = [field.strip() for field in (line.rstrip().split("\t") if "\t" in line else line.split())]
        if len(fields) < 2 or not fields[0]:
            return (), REASONS["token"].format(line=number, found=reprlib.repr(line))
        if not (tag := _TAG.fullmatch(fields[-1])):
            return (), REASONS["tag"].format(line=number, found=reprlib.repr(fields[-1]))
        tokens.append(fields[0])
        tags.append((tag[1] or "O", tag[2]))
    text = " ".join(tokens)
    return (text, entity_items(_entities(tokens, tags), text=text)), None


def _entities(tokens: list[str], tags: list[tuple[str, str]]) -> list[Entity]:
    """The entities of tokens joined by single spaces, from the mark (O, B or I) and the type of each tag."""
    entities: list[Entity] = []
    start, before = 0, "O"
    for token, (mark, kind) in zip(tokens, tags, strict=True):
        end = start + len(token)
        if mark == "I" and before != "O" and entities[-1].type == kind:
            entities[-1] = entities[-1]._replace(end=end)
        elif mark != "O":
            entities.append(Entity(start, end, kind))
        start, before = end + 1, mark
    return entities
