from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for `predicted_tables` and `killed_training`

NOUNS = ("dog", "cat", "king", "river", "house", "tree", "ship", "child", "song", "stone")
VERBS = ("sees", "loves", "finds", "takes", "keeps", "leaves")


@pytest.fixture(scope="session")
def small_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 documents of 6 paragraphs of 4 sentences that always go on with the noun that the last one ended with."""
    random = np.random.default_rng(0)
    documents = []
    for _ in range(60):
        noun, paragraphs = random.choice(NOUNS), []
        for _ in range(6):
            sentences = []
            for _ in range(4):
                following = random.choice(NOUNS)
                sentences.append(f"The {noun} {random.choice(VERBS)} the {following}.")
                noun = following
            paragraphs.append(" ".join(sentences))
        documents.append("\n".join(paragraphs))
    path = tmp_path_factory.mktemp("corpus") / "text.txt"
    path.write_text("\n\n".join(documents) + "\n", encoding="utf-8")
    return path
