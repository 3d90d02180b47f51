"""Language model, at an OpenAI-compatible endpoint that the operator names.

The model is optional: without one no request is sent, and the caller goes on without an answer. It
receives only texts of a brand, as data. Tasks may import this package.

`conversation.py` is the entry, `endpoint.py` the client of one endpoint.
"""
