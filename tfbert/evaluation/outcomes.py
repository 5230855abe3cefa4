"""What is counted of each label: its rows in the truth, in the predictions, in both."""

from __future__ import annotations

TRUE, PREDICTED, BOTH = range(3)  # places in the last axis of every array of outcomes
