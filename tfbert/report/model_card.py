"""`model_card.md`: what a model is, in Markdown, from its manifest and its results.

The headings follow Mitchell et al., "Model Cards for Model Reporting" (https://arxiv.org/abs/1810.03993), as cards on
Hugging Face's hub are written.
"""

from __future__ import annotations

import json
import math
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfbert.evaluation.intervals import Measure
from tfbert.evaluation.metrics import metrics_of
from tfbert.evaluation.results import Results
from tfbert.report.figures import printable
from tfbert.report.html import format_fact
from tfbert.report.summary import compare_with_baselines
from tfbert.row_texts import text_flag

# Heading to the manifest's key.
TABLES = {
    "Rows": "rows",
    "Encoder": "encoder",
    "Options": "options",
    "Packages": "packages",
    "Decoding": "decoding",
    "Thresholds": "thresholds",
}
# What is read of a text that is too long, by the option `long`; of pairs, and of endings, there is one way.
LONG_TEXTS = {
    "head": "Of a text longer than {length} tokens it reads only the first {length}, the special ones included.",
    "tail": "Of a text longer than {length} tokens it reads only the last {length}, the special ones included.",
    "head+tail": "Of a text longer than {length} tokens, the special ones included, it reads only so many: a quarter "
    "from its start, the rest from its end.",
    "pairs": "Of two texts that together are longer than {length} tokens, the special ones included, the longer one "
    "loses its end until they fit.",
    "endings": "Of the text and an ending that together are longer than {length} tokens, the special ones included, "
    "the longer one loses its end until they fit.",
    "context windows": "A question and a context that together are longer than {length} tokens, the special ones "
    "included, are read in several windows: all of them have the question, and a part of the context each. The best "
    "answer of all is given.",
    "windows": "A text longer than {length} tokens, the special ones included, is read in windows of so many that "
    "overlap by half; its answer is the mean of theirs.",
    "word windows": "A text longer than {length} tokens, the special ones included, is read in windows of so many that "
    "overlap by half; each word is judged by the mean of the windows in which it stands.",
}


# What a model answers, and the outputs of its signature that say so.
ANSWERS = {
    "single-label": "one of its {labels} labels, and a probability for each",
    "multi-label": "any number of its {labels} labels, and a probability for each",
    "regression": "a number",
    "tagging": "the entities in it, of {labels} types: where each begins and ends in characters, its type and a score",
    "span": "the part of the second that answers the first: its text, where it begins and ends in characters, its "
    "score and the next best ones",
    "choice": "the ending that goes on from it, and a probability for each",
}
OUTPUTS = {
    "single-label": ("label", "score"),
    "multi-label": ("labels", "probabilities"),
    "regression": ("value",),
    "tagging": ("entities", "types"),
    "span": ("answer", "start", "score"),
    "choice": ("label", "score"),
}
# The tags by which model hubs sort, of the tasks that do not classify texts.
KINDS = {"tagging": "token-classification", "span": "question-answering", "choice": "multiple-choice"}
# What a model does in any case.
ALWAYS = {
    "single-label": "It always answers with one of its labels, also for a text that is about none of them.",
    "regression": "It always answers with a number, also for a text that has none.",
    "choice": "It always chooses an ending, also where none goes on from the text or several do.",
}


# Of the table in which the model stands beside the baselines; the report has all.
BASELINE_METRICS = {
    "single-label": ("accuracy", "macro_f1", "matthews_correlation"),
    "multi-label": ("macro_f1", "micro_f1", "subset_accuracy"),
    "regression": ("spearman", "pearson", "rmse"),
    "tagging": ("micro_f1", "micro_precision", "micro_recall"),
}


def write_model_card(path: str | Path, *, manifest: Mapping[str, Any], results: Results) -> None:
    """Write the card.

    Args:
        path: the Markdown file.
        manifest: what `tfbert.json` holds.
        results: on the manifest's `evaluated_on` rows.
    """
    evaluation, task, labels = results.evaluation, manifest["task"], manifest["labels"]
    applying = metrics_of(evaluation)
    measured = [score for score in results.labels if score.support]
    content = _environment().get_template("model_card.md.jinja").render(
        manifest=manifest,
        # The folder's own name is part of the model's: "sms/1" trained into "saved_models/sms".
        folder=str(Path(manifest["options"]["output"]).parent / manifest["model"]),
        **_texts(manifest["text_columns"]),
        kind=KINDS.get(task, "text-classification"),
        answers=ANSWERS[task].format(labels=len(labels)),
        outputs=OUTPUTS[task],
        metrics=[(applying[name].title, measure, applying[name].meaning) for name, measure in results.metrics.items()],
        label_scores=results.labels,
        tables={title: manifest[key] for title, key in TABLES.items()} | {"Rows": _in_words(manifest["rows"])},
        long_texts=LONG_TEXTS[_long(manifest)].format(length=manifest["max_length"]),
        weakest=min(measured, key=lambda score: score.f1, default=None),
        verdict=_verdict(manifest, results),
        always=ALWAYS.get(task),
        baseline_titles=[applying[name].title for name in BASELINE_METRICS.get(task, ())],
        baselines=[
            (name, [values.get(metric) for metric in BASELINE_METRICS.get(task, ())])
            for name, values in {"this model": results.values, **manifest["baselines"]}.items()
        ],
    )  # fmt: skip
    Path(path).write_text(content, encoding="utf-8", errors="backslashreplace", newline="")


def _texts(columns: Mapping[str, str]) -> dict[str, str]:
    """What a row is made of, and how it is given to `tfbert score` and to the signature."""
    flags: dict[str, list[str]] = {}
    for name, column in columns.items():
        flags.setdefault(text_flag(name), []).append(column)
    examples = (
        [["a text", "another"], ["its pair", "the other's"]] if len(columns) == 2 else [["a text"], ["an ending"]]
    )
    named = (" and " if len(columns) == 2 else ", ").join(columns.values())
    given = (f"{name}=tf.constant({json.dumps(examples[number > 0])})" for number, name in enumerate(columns))
    return {
        "texts": {1: "a text", 2: "two texts"}.get(len(columns), f"a text and {len(columns) - 1} endings of it"),
        "text_columns": f"the column{'s' if len(columns) > 1 else ''} {named}",
        "text_flags": _Code(" ".join(f"{flag} {shlex.quote(_one_line(','.join(of)))}" for flag, of in flags.items())),
        "text_arguments": _Code(", ".join(given)),
    }


def _verdict(manifest: Mapping[str, Any], results: Results) -> str:
    """Whether the best baseline is beaten, in a sentence; '' when there is none."""
    if not manifest["baselines"]:
        return ""
    return compare_with_baselines(results.values, manifest["baselines"], task=manifest["task"]).sentence


def _long(manifest: Mapping[str, Any]) -> str:
    long = str(manifest["options"]["long"])
    of_pairs = "context windows" if long == "windows" else "pairs"
    of_one = "word windows" if (manifest["task"], long) == ("tagging", "windows") else long
    return {1: of_one, 2: of_pairs}.get(len(manifest["text_columns"]), "endings")


def _in_words(counts: Mapping[str, Any]) -> dict[str, Any]:
    return {name.replace("_", " "): count for name, count in counts.items()}


class _Code(str):
    """Text in a fenced block, where Markdown needs no escapes."""


def _environment() -> Any:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        # Escapes are Markdown's, not HTML's: every value that the template shows passes through `finalize`.
        autoescape=False,
        finalize=lambda value: value if isinstance(value, _Code) else escape_markdown(str(value)),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["fact"] = format_fact
    environment.filters["number"] = _format_number
    environment.filters["interval"] = _format_interval
    environment.filters["shell"] = lambda value: _Code(shlex.quote(_one_line(value)))
    environment.filters["python"] = lambda value: _Code(repr(_one_line(value)))
    return environment


def _format_number(value: float | None) -> str:
    return "not defined" if value is None or math.isnan(value) else f"{value:.4f}"


def _format_interval(measure: Measure) -> str:
    return "\u2013" if math.isnan(measure.low) else f"{measure.low:.4f} to {measure.high:.4f}"


def _one_line(text: str) -> str:
    return " ".join(printable(text).split())


def escape_markdown(text: str) -> str:
    """The text on one line, written so that Markdown (CommonMark and GitHub's) shows it as it is, in a table too."""
    line = _one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    line = re.sub(r"([\\`*_{}\[\]|#~$!])", r"\\\1", line)
    return re.sub(r"^(\d*)([-+.)])(?= |$)", r"\1\\\2", line)  # not the start of a list
