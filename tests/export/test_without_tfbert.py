from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tfbert.scoring.scorer import Scorer

PROGRAM = Path(__file__).parent / "score_strings.c"
# saved_model_cli itself; the import registers the tokenizer's operations, which `run` needs.
COMMAND = (
    "import sys, tensorflow_text; from tensorflow.python.tools.saved_model_cli import main; "
    "sys.argv[0] = 'saved_model_cli'; sys.exit(main())"
)


def package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("no gcc on this machine")
    tensorflow = package("tensorflow")
    program = tmp_path_factory.mktemp("c") / "score_strings"
    libraries = [f"-l:{path.name}" for path in sorted(tensorflow.glob("libtensorflow_*.so.*"))]
    subprocess.run(
        [
            *(compiler, "-std=c11", "-Wall", "-Werror", "-I", tensorflow / "include", PROGRAM, "-o", program),
            *("-L", tensorflow, *libraries, f"-Wl,-rpath,{tensorflow}"),
        ],
        check=True,
    )
    return program


@pytest.mark.slow
def test_a_c_program_gets_the_scorers_probabilities(program: Path, exported: Path, texts: tuple[str, ...]) -> None:
    found = run_program(program, exported, texts)
    np.testing.assert_allclose(found, Scorer(exported).score(list(texts)), atol=1e-5)


@pytest.mark.slow
def test_a_c_program_gets_them_from_a_model_in_16_bits(
    program: Path, exported: Path, reduced: Path, texts: tuple[str, ...]
) -> None:
    found = run_program(program, reduced, texts)
    # Batches of other shapes round in other places.
    np.testing.assert_allclose(found, Scorer(reduced).score(list(texts)), atol=2e-2)
    assert 0 < np.abs(found - Scorer(exported).score(list(texts))).max() < 0.05


def run_program(program: Path, exported: Path, texts: tuple[str, ...]) -> np.ndarray:
    """What the program prints for each text, float32 [texts, labels]."""
    from tensorflow.core.protobuf import saved_model_pb2

    saved = saved_model_pb2.SavedModel.FromString((exported / "saved_model.pb").read_bytes())
    signature = saved.meta_graphs[0].signature_def["serving_default"]
    source, _ = signature.inputs["text"].name.split(":")
    operation, index = signature.outputs["probabilities"].name.split(":")
    libraries = sorted(package("tensorflow_text").glob("python/ops/_*.so"))
    done = subprocess.run(
        [program, exported, source, operation, index, str(len(libraries)), *libraries, *texts],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return np.array([line.split() for line in done.stdout.splitlines()], np.float32)


def saved_model_cli(*arguments: str | Path) -> str:
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"}
    return subprocess.run(
        [sys.executable, "-c", COMMAND, *arguments], check=True, capture_output=True, text=True, env=quiet
    ).stdout


@pytest.mark.slow
def test_saved_model_cli_shows_every_signature(exported: Path) -> None:
    shown = saved_model_cli("show", "--dir", exported, "--all")
    methods = dict(re.findall(r"signature_def\['(\w+)'\]:.*?Method name is: (\S*)\n", shown, flags=re.DOTALL))
    assert methods.pop("__saved_model_init_op") == ""
    assert methods.pop("classify") == "tensorflow/serving/classify"
    assert methods.keys() >= {"serving_default", "tokens", "tokenize"}
    assert set(methods.values()) == {"tensorflow/serving/predict"}


@pytest.mark.slow
def test_saved_model_cli_runs_strings_and_examples(exported: Path) -> None:
    chosen = ("--dir", exported, "--tag_set", "serve", "--signature_def")
    strings = saved_model_cli("run", *chosen, "serving_default", "--input_exprs", "text=['a b c', 'h e a d']")
    examples = "inputs=[{'text': ['a b c']}, {'text': ['h e a d']}]"
    classified = saved_model_cli("run", *chosen, "classify", "--input_examples", examples)
    expected = Scorer(exported).score(["a b c", "h e a d"])
    for shown, key in ((strings, "probabilities"), (classified, "scores")):
        values = re.search(rf"Result for output key {key}:\n(\[\[.*?\]\])", shown, flags=re.DOTALL)
        assert values is not None, shown
        found = np.array(re.findall(r"\d[\d.e-]*", values[1]), np.float32).reshape(expected.shape)
        np.testing.assert_allclose(found, expected, atol=1e-5)
