"""Language model of an ingest, which is optional: one that fails leaves the rules' result, with a warning.

The model gets the source's prose alone, as data. Its claims become candidates of four fields, below
what a source declares, and only where they quote that prose.
"""
