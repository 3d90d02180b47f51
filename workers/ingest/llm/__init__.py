"""What a language model adds to an ingest, where the operator names an OpenAI-compatible endpoint.

Optional in every way: without one nothing is called, and one that fails leaves the rules' result as it is,
with a warning. The model sees the source's prose alone, as data. What it says is taken for no more than
candidates of four fields, below what a source declares, and only as far as it quotes that prose.
"""
