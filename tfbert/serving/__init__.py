"""The REST server: TensorFlow Serving's paths and JSON, batches through the scoring core, and a page to try a model.

Reading order: options, failure; a request (request_path, request_body, tensors, predict_request, example_request) and
its answer (signature_defs, text_answers, answers); what computes (engine, batcher, loaded_model, version); which
version (model_folder, catalogue, upkeep); the handlers (rest, page, explanations, tables, document_pages); app and
server.
"""
