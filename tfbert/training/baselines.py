"""What is reached without an encoder, on the same rows: what a model has to beat to be worth its cost.

scikit-learn alone. "majority" and "mean" read nothing: they answer with the shares of the training rows' labels, or
with their mean. The others are linear models on TF-IDF of words and pairs of words.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tfbert.tasks.answers import Answers
from tfbert.tasks.task import Task
from tfbert.training.text_features import build_features, text_columns


def _majority() -> Any:
    from sklearn.dummy import DummyClassifier

    return DummyClassifier(strategy="prior")


def _linear_svc() -> Any:
    from sklearn.svm import LinearSVC

    return LinearSVC(C=0.5, random_state=0)


def _logistic_regression() -> Any:
    from sklearn.linear_model import LogisticRegression

    # TF-IDF rows have length 1: with scikit-learn's own C of 1 rare labels are hardly ever predicted.
    return LogisticRegression(C=10, max_iter=1000)


def _mean() -> Any:
    from sklearn.dummy import DummyRegressor

    return DummyRegressor(strategy="mean")


def _ridge() -> Any:
    from sklearn.linear_model import Ridge

    return Ridge()


Builders = Mapping[str, Callable[[], Any]]
_CLASSIFIERS: Builders = {
    "majority": _majority,
    "TF-IDF + LinearSVC": _linear_svc,
    "TF-IDF + logistic regression": _logistic_regression,
}
BASELINES: dict[str, Builders] = {
    "single-label": _CLASSIFIERS,
    "multi-label": _CLASSIFIERS,
    "regression": {"mean": _mean, "TF-IDF + ridge": _ridge},
}
"""Task name to baseline name to what builds its unfitted scikit-learn estimator."""

WITHOUT_TEXT = ("majority", "mean")


@dataclasses.dataclass(frozen=True)
class FittedBaseline:
    """A baseline that has learned from the training rows.

    Attributes:
        pipeline: of scikit-learn.
        task: that it answers.
        learned: in a multi-label task the labels that some training row does not have, bool [labels], None for all;
            of the others there is nothing to learn but that every row has them.
    """

    pipeline: Any
    task: Task
    learned: np.ndarray | None = None

    @property
    def has_probabilities(self) -> bool:
        """Whether its values are probabilities, so that log loss and calibration mean something."""
        return hasattr(self.pipeline, "predict_proba")

    def predict(self, texts: Sequence[str], text_pairs: Sequence[str] | None = None) -> Answers:
        """The answers for texts, cleaned as those it learned from.

        Of a classifier without probabilities the values are its margins, brought into 0..1 by softmax or sigmoid: they
        rank rows and say nothing more.
        """
        columns = text_columns(texts, text_pairs)
        if self.task.name == "regression":
            return Answers(self.pipeline.predict(columns).astype(np.float32).reshape(-1, 1), None)
        if self.task.name == "multi-label":
            values = np.ones((len(columns), self.task.outputs), np.float32)
            learned = np.full(self.task.outputs, True) if self.learned is None else self.learned
            if known := np.count_nonzero(learned):
                # scikit-learn has two columns for a single label, of which the last is the label's.
                shares = self._shares(columns, squash=_sigmoid).reshape(len(columns), -1)
                values[:, learned] = shares[:, -known:]
            return Answers(values, values > 0.5)
        values = self._shares(columns, squash=_softmax)
        return Answers(values, values.argmax(axis=1))

    def _shares(self, columns: np.ndarray, *, squash: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        if self.has_probabilities:
            return self.pipeline.predict_proba(columns).astype(np.float32)
        return squash(self.pipeline.decision_function(columns)).astype(np.float32)


def fit_baseline(
    name: str,
    *,
    texts: Sequence[str],
    text_pairs: Sequence[str] | None = None,
    targets: np.ndarray,
    task: Task,
    weights: np.ndarray | None = None,
) -> FittedBaseline:
    """Fit one of the task's `BASELINES`.

    Args:
        name: which.
        texts: of the training rows, cleaned as the model's are.
        text_pairs: their second texts, where the task is about pairs.
        targets: as `Task.targets` gives them; every label occurs.
        task: what is predicted.
        weights: of the rows, float [rows]; None counts all the same.
    """
    import sklearn
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline

    columns, learned = text_columns(texts, text_pairs), None
    # float64: numbers near float32's limit have a sum too.
    known = targets.astype(np.float64 if task.name == "regression" else np.int64)
    if task.name == "multi-label":
        learned = (known == 0).any(axis=0)
        known = known[:, learned]
    with sklearn.config_context(enable_metadata_routing=True):  # else OneVsRestClassifier takes no weights
        estimator = BASELINES[task.name][name]().set_fit_request(sample_weight=True)
        if task.name == "multi-label":
            estimator = OneVsRestClassifier(estimator)
        reads = name not in WITHOUT_TEXT  # and with weights of its rows a majority would be none
        pipeline = make_pipeline(build_features(columns), estimator) if reads else make_pipeline(estimator)
        if known.size:
            pipeline.fit(columns, known, sample_weight=weights if reads else None)
    return FittedBaseline(pipeline, task, learned)


def _softmax(margins: np.ndarray) -> np.ndarray:
    """[rows, labels]; for two labels scikit-learn gives one margin, that of the second over the first."""
    from scipy.special import softmax

    return softmax(np.stack([np.zeros_like(margins), margins], axis=1) if margins.ndim == 1 else margins, axis=1)


def _sigmoid(margins: np.ndarray) -> np.ndarray:
    from scipy.special import expit

    return expit(margins)
