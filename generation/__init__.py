"""Content generation: pure functions from a brand's snapshot to copy and drawn files.

The package imports no jobs, HTTP or database code and makes no network calls. The same spec gives the same
piece. The workers and the command line import it.

`render.py` is the entry. Read `spec.py`, `render.py` and `copy/write.py` first.
"""
