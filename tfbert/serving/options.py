"""The options of `tfbert serve`."""

from __future__ import annotations

import dataclasses
import re
from typing import Annotated

from tfbert.config import Strings
from tfbert.errors import ConfigError
from tfbert.possible import AMOUNT, POSITIVE, Possible, check_possible

NUMBER = ("a whole number of at least 1", lambda value: value >= 1)
_POLICY = re.compile(r"all|latest(:[1-9][0-9]{0,3})?|[1-9][0-9]{0,17}(,[1-9][0-9]{0,17})*")
_LABEL = re.compile(r"[^/:=,\s]+=[1-9][0-9]{0,17}")


@dataclasses.dataclass(frozen=True, kw_only=True)
class ServeOptions:
    """How a model is served; sizes in texts, characters, bytes and rows, times in seconds but for `batch_wait`."""

    host: Annotated[str, "Address to listen on; 0.0.0.0 is every network the machine is in."] = "127.0.0.1"
    port: Annotated[int, "Port to listen on; 0 takes a free one."] = 8501
    name: Annotated[str, "The model's name in the paths; empty takes that of its folder."] = ""
    versions: Annotated[str, "Of a model's folder: latest, latest:N, all, or numbers such as 1,3."] = "latest"
    labels: Annotated[Strings, "Names for versions, NAME=VERSION each, for the paths /labels/NAME."] = ()
    poll: Annotated[float, "Seconds between two looks for new versions."] = 1.0

    # Batches
    max_batch_size: Annotated[int, "Most texts of several requests that are scored together; 1 for no batches."] = 64
    batch_wait: Annotated[float, "Milliseconds that a request waits for others, when the last had company."] = 2.0

    # Limits
    max_body_bytes: Annotated[int, "A request with a larger body is refused."] = 1 << 20
    max_request_texts: Annotated[int, "A request with more texts is refused."] = 256
    max_text_characters: Annotated[int, "A request with a longer text is refused."] = 100_000
    max_table_bytes: Annotated[int, "A larger table for the page is refused."] = 1 << 24
    max_table_rows: Annotated[int, "A longer table for the page is refused."] = 10_000
    queue_size: Annotated[int, "Most texts that wait; a request that would make them more gets 503."] = 1024
    timeout: Annotated[float, "Seconds after which a request gets 504, or 408 when its body has not come."] = 30.0
    table_timeout: Annotated[float, "Seconds after which the scoring of a table for the page is given up."] = 900.0
    token_file: Annotated[
        str, "File with a token that requests must bear; the environment variable TFBERT_TOKEN does the same."
    ] = ""

    def __post_init__(self) -> None:
        """Refuse what is impossible."""
        check_possible(self, _POSSIBLE)
        if self.queue_size < self.max_request_texts:
            raise ConfigError(
                f"queue_size of at least max_request_texts, {self.max_request_texts}",
                found=str(self.queue_size),
                fix="raise --queue-size or lower --max-request-texts",
            )

    @property
    def label_versions(self) -> dict[str, int]:
        """The version of each label."""
        pairs = (text.rpartition("=") for text in self.labels)
        return {name: int(version) for name, _, version in pairs}


_POSSIBLE: Possible = {
    "port": ("a port from 0 to 65535", lambda value: 0 <= value < 65536),
    "versions": ("latest, latest:N, all or numbers with commas", lambda value: bool(_POLICY.fullmatch(value))),
    "labels": ("NAME=VERSION with commas", lambda value: all(map(_LABEL.fullmatch, value))),
    "name": ("a name without / and :", lambda value: not set("/:") & set(value)),
    **dict.fromkeys(
        (
            "max_batch_size",
            "queue_size",
            "max_body_bytes",
            "max_request_texts",
            "max_text_characters",
            "max_table_bytes",
            "max_table_rows",
        ),
        NUMBER,
    ),
    "batch_wait": AMOUNT,
    **dict.fromkeys(("poll", "timeout", "table_timeout"), POSITIVE),
}


def choose_versions(policy: str, found: list[int]) -> set[int]:
    """The versions to load, out of those that are there.

    Args:
        policy: `ServeOptions.versions`.
        found: the versions, ascending.
    """
    kind, _, rest = policy.partition(":")
    if kind == "all":
        return set(found)
    if kind == "latest":
        return set(found[-int(rest or 1) :])
    return {int(number) for number in policy.split(",")} & set(found)
