"""Language model of an ingest, at an OpenAI-compatible endpoint that the operator names.

It is optional: without one nothing is called, and one that fails leaves the rules' result as it is, with a
warning. The model gets the source's prose alone, as data. Its claims become candidates of four fields, below
what a source declares, and only where they quote that prose.
"""
