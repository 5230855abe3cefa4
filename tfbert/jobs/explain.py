"""The explanation job: what each word of a text adds to a model's answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tfbert.config import OF_TASKS
from tfbert.data.partial import PartialFile
from tfbert.errors import ConfigError
from tfbert.export.manifest import Manifest, read_manifest
from tfbert.report.explanation_page import build_explanation_page
from tfbert.report.explanations import Explanation
from tfbert.scoring.given_texts import check_texts


def explain(
    model: str | Path,
    texts: Sequence[str],
    *,
    text_pairs: Sequence[str] | None = None,
    target: str | None = None,
    output: str | Path | None = None,
    force: bool = False,
) -> list[Explanation]:
    """What each word of some texts adds to a model's answer, by integrated gradients; see `tfbert.tasks.attributions`.

    Args:
        model: a version folder, such as `saved_models/sms/1`.
        texts: raw texts.
        text_pairs: the second text of each, for a model of pairs.
        target: the label to explain; None explains the predicted one, in multi-label each predicted one, or the
            likeliest where none is. A regression's value needs none.
        output: an HTML page to write; None writes none.
        force: replace a page that is there.

    Returns:
        The explanations, in the order of the texts.

    Raises:
        ModelError: there is no such model, or its encoder is a wrapped module.
        ConfigError: the model has no such label, the texts are no pairs where it wants them or the other way round, or
            the page exists or cannot be written.
    """
    manifest = read_manifest(Path(model))
    if manifest.task not in (explained := OF_TASKS["explain"]):
        raise ConfigError(
            f"a model of the task {' or '.join(explained)} to explain",
            found=f"{manifest.model}, of the task {manifest.task}",
            fix="give one of these",
        )
    _check_texts(manifest, texts, text_pairs=text_pairs)
    if target is not None and target not in manifest.labels:
        raise ConfigError(
            f"a label of {manifest.model} ({', '.join(manifest.labels)})" if manifest.labels else "no --target",
            found=repr(target),
            fix="name one of them with --target" if manifest.labels else "leave it out: the model predicts a value",
        )

    with _open_page(output, force=force) as publish:
        from tfbert.export.reading import load_network
        from tfbert.jobs.explainer import Explainer

        explainer = Explainer(load_network(model))
        rows = zip(texts, text_pairs, strict=True) if text_pairs else ([text] for text in texts)
        explanations = [one for row in rows for one in explainer.explain(list(row), target=target)]
        publish(explanations, title=f"{manifest.model}: what each word adds")
    return explanations


@contextmanager
def _open_page(output: str | Path | None, *, force: bool) -> Iterator[Callable[..., None]]:
    """A function that writes the page of some explanations; that it can be written is seen at once."""
    if output is None:
        yield lambda explanations, *, title: None
        return
    if Path(output).is_dir():
        raise ConfigError("a file for the page", found=f"{output}, a folder", fix="name a file with --output")
    if Path(output).exists() and not force:
        raise ConfigError(
            "a new page", found=f"{output}, which exists", fix="rename the output, or add --force to replace it"
        )
    file = PartialFile(Path(output), position=None, flag="--output")

    def publish(explanations: Sequence[Explanation], *, title: str) -> None:
        file.write(build_explanation_page(explanations, title=title).encode())
        file.publish()

    try:
        yield publish
    except BaseException:
        file.discard()
        raise


def _check_texts(manifest: Manifest, texts: Sequence[str], *, text_pairs: Sequence[str] | None) -> None:
    check_texts(manifest, given=2 if text_pairs else 1)
    if text_pairs and len(text_pairs) != len(texts):
        raise ConfigError(
            f"as many second texts as texts, {len(texts)}", found=str(len(text_pairs)), fix="give --text-pair as often"
        )
    for text in (*texts, *(text_pairs or ())):
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise ConfigError("a text in UTF-8", found=repr(text), fix="mend its encoding") from error
