from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import wnut_entities
from pipelines.recipe import open_recipe, recipe_parser
from tfbert.errors import DataError

ROOT = Path(__file__).parents[1]


def write_wnut(folder: Path) -> None:
    """Sentences in which Ann is a person; the test file has a name of its own, as the published one has."""
    numbers = random.Random(0)
    for name, sentences in (("wnut17train.conll", 60), ("emerging.dev.conll", 16), ("emerging.test.annotated", 16)):
        rows = []
        for _ in range(sentences):
            words = [numbers.choice(("the", "Ann", "cat", "sat", "Tom")) for _ in range(5)]
            rows.append("".join(f"{word}\t{'B-person' if word in ('Ann', 'Tom') else 'O'}\n" for word in words))
        (folder / name).write_text("\t\n".join(rows))


@pytest.mark.slow
def test_wnut_entities_sets_the_published_figure_beside_ours(
    tiny_module: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_wnut(tmp_path)
    places = ["--data", str(tmp_path), "--output", str(tmp_path / "out"), "--results", str(tmp_path / "RESULTS.md")]
    wnut_entities.main([*places, "--encoder", str(tiny_module), "--seeds", "1", "--set", "epochs=1"])
    page = (tmp_path / "RESULTS.md").read_text()
    rows = [re.sub(" +", " ", line) for line in page.splitlines() if line.startswith("|")]
    assert rows[2].startswith("| published: winner of the shared task | 0.4186 |")
    assert rows[3].startswith("| a list of the training rows' names | 1 | 1 | 1 | 1 |")
    assert rows[4].startswith("| ours: fine-tuned ")
    assert "ours: fine-tuned against a list of the training rows' names: entity F1 " in page


def test_a_list_of_names_marks_whole_words_alone(tmp_path: Path) -> None:
    (tmp_path / "train.conll").write_text("New\tB-place\nYork\tI-place\n\nYork\tB-person\n")
    (tmp_path / "test.conll").write_text("new\tB-place\nyork\tI-place\nand\tO\nYorker\tO\nYORK\tB-place\n")
    recipe = open_recipe(recipe_parser("wnut_entities", ""), ["--data", ".", "--output", str(tmp_path / "out")])
    found = wnut_entities.list_names(
        recipe, train=str(tmp_path / "train.conll"), test=str(tmp_path / "test.conll")
    ).metrics
    assert (found["micro_precision"], found["micro_recall"]) == (0.5, 0.5)  # New York; York as a person


def test_a_missing_table_is_an_error_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        wnut_entities.main(["--data", str(tmp_path)])
    assert str(error.value) == f"expected the table wnut17train.conll, found none in {tmp_path}; check --data"


def test_help_needs_no_tensorflow() -> None:
    code = (
        "import sys\nfrom pipelines import wnut_entities\n"
        "try: wnut_entities.main(['--help'])\n"
        "except SystemExit as leaving: print(leaving.code, 'tensorflow' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, "COLUMNS": "100"}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "0 False"
