"""What a model did on a table, in numbers: metrics with intervals, of any number of rows in bounded memory.

Reading order: `evaluator` (a stream of predictions in, cut by `blocks`), `evaluation` (what the numbers are made of, of
bounded size, a kind for each task), what each task counts (`counts` and the `..._counts` modules) and the parts:
`tallies`, `score_tally`, `groups`, `group_scores`, `regression_tally`, `slices`, `examples`, `label_errors`.

Then the numbers: `metrics` (from scikit-learn; `..._metrics` for each task), `intervals` (`shares`, `resampling`),
`classification` (label by label), `results` (all of them). Beside it: `leaks` (texts in two splits), `profile` and
`drift` (is a file like the training data), `comparison...` (two models on the same rows). Nothing here needs
TensorFlow, and nothing draws or writes a page: that is `tfbert.report`.
"""
