"""One version of a model, loaded: what requests are answered from."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from tfbert.scoring.scorer import TEXT_SIGNATURE
from tfbert.serving.batcher import Batcher, Row
from tfbert.serving.engine import Engine
from tfbert.serving.example_request import Example, read_feature_texts
from tfbert.serving.failure import invalid
from tfbert.serving.loaded_model import LoadedModel
from tfbert.serving.tensors import Tensor, as_array, check_shape
from tfbert.serving.text_answers import ANSWERS


class ServedVersion:
    """A loaded model that answers requests until it is drained.

    Args:
        model: what was read.
        number: its version.
        engine: calls it.

    Attributes:
        model: as given.
        number: as given.
    """

    def __init__(self, model: LoadedModel, *, number: int, engine: Engine) -> None:
        self.model, self.number = model, number
        self._engine = engine
        self._batcher = Batcher(model.score, engine=engine)
        self._requests = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @contextmanager
    def held(self) -> Iterator[ServedVersion]:
        """Keeps the version loaded while the block runs."""
        self._requests += 1
        self._idle.clear()
        try:
            yield self
        finally:
            self._requests -= 1
            if not self._requests:
                self._idle.set()

    async def predict(self, signature: str, tensors: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
        """The outputs of a signature, by name.

        Texts are scored in batches with those of other requests; any other signature is computed for itself.

        Raises:
            Failure: the tensors do not fit the signature, there are too many rows, or the model refuses them.
        """
        specs = self.model.signatures[signature].inputs
        task = self.model.scorer.task
        for name, tensor in tensors.items():
            check_shape(tensor, specs[name])
            self._check_rows(tensor.shape[0] if tensor.shape else 1)
        if signature == TEXT_SIGNATURE:
            rows = _rows({name: tensors[name].values for name in self.model.text_names})
            return ANSWERS[task.name](task, await self.score(rows), [row[-1] for row in rows])
        return await self._call(signature, {name: as_array(tensor, specs[name]) for name, tensor in tensors.items()})

    async def _call(self, signature: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        rows = len(next(iter(arrays.values())))
        self._engine.admit(rows)
        waiting = True
        try:
            async with self._engine.turn:
                self._engine.release(rows)
                waiting = False
                return await self._engine.compute(self.model.call, signature, arrays, texts=rows)
        except RuntimeError as error:  # what TensorFlow says of inputs that it cannot compute
            raise invalid(str(error).strip().splitlines()[0]) from error
        finally:
            if waiting:
                self._engine.release(rows)

    async def score(self, rows: list[Row]) -> np.ndarray:
        """The values of rows, float32 [rows, outputs], in a batch with those of other requests.

        Raises:
            Failure: the queue is full, there are too many rows, or a text is longer than allowed.
        """
        self._check_rows(len(rows))
        limit = self._engine.options.max_text_characters
        for number, row in enumerate(rows):
            for text in row:
                if len(text) > limit:
                    raise invalid(f"Text {number} has {len(text)} characters; at most {limit} are allowed.")
        return await self._batcher.score(rows)

    async def score_examples(self, examples: list[Example]) -> np.ndarray:
        """The values of examples, each with the features that `LoadedModel.text_names` names, as `score` gives them."""
        names = self.model.text_names
        return await self.score(_rows({name: read_feature_texts(examples, feature=name) for name in names}))

    def _check_rows(self, rows: int) -> None:
        limit = self._engine.options.max_request_texts
        if rows > limit:
            raise invalid(f"The request has {rows} rows; at most {limit} are allowed.")

    async def drain(self) -> None:
        """Wait until no request holds the version, then close it."""
        await self._idle.wait()
        self.close()

    def close(self) -> None:
        """End; nothing may be waiting any more."""
        self._batcher.close()


def _rows(columns: Mapping[str, list[bytes]]) -> list[Row]:
    """Rows out of columns of bytes.

    Raises:
        Failure: the columns differ in length, or are no UTF-8.
    """
    if len({len(values) for values in columns.values()}) > 1:
        raise invalid("The inputs have different numbers of rows.")
    return list(zip(*(decode_texts(values) for values in columns.values()), strict=True))


def decode_texts(values: list[Any]) -> list[str]:
    """Bytes as texts.

    Raises:
        Failure: they are no UTF-8.
    """
    try:
        return [value.decode() for value in values]
    except UnicodeDecodeError as error:
        raise invalid(f"A text is not valid UTF-8: {error.reason} at byte {error.start}.") from error
