"""What a model did on a table, for people: metrics with intervals, figures, one HTML page and a model card.

Reading order: `evaluator` (a stream of predictions in, cut by `blocks`), `evaluation` (what a report is made of, of
bounded size, a kind for each task), what each task counts (`counts` and the `..._counts` modules) and the parts:
`tallies`, `score_tally`, `groups`, `group_scores`, `regression_tally`, `slices`, `examples`, `label_errors`.

Then the numbers: `metrics` (from scikit-learn; `..._metrics` for each task), `intervals` (`shares`, `resampling`),
`classification` (label by label), `results` (all of them). Then the pictures and words: `figures`, `plots`, `curves`,
`multi_label_plots`, `regression_plots`, `data_plots`, `rows`, `summary`; `html` (the page), `writing` (all the files),
`model_card`. Beside it: `leaks` (texts in two splits), `profile` and `drift` (is a file like the training data),
`comparison...` (two models on the same rows), `explanations` and `explanation_page`. Nothing here needs TensorFlow.
"""
