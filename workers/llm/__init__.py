"""Language model, at an OpenAI-compatible endpoint that the operator names.

It is optional: without one nothing is called, and whoever asks it goes on without an answer. It gets texts of
a brand alone, as data. Tasks may import this package.
"""
