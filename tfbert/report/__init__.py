"""What a model did on a table, for people: figures, HTML pages and a model card of the numbers of `tfbert.evaluation`.

Pictures and words: `figures`, `plots`, `curves`, `multi_label_plots`, `regression_plots`, `data_plots`, `rows`,
`summary`; `html` (the page), `writing` (all the files of a report), `model_card`. Beside it: `comparison_page` (two
models on the same rows), `explanations` and `explanation_page`. Nothing here needs TensorFlow.
"""
