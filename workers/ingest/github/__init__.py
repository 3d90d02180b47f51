"""GitHub ingest: reads a repository.

`ingest.py` is the entry, `client.py` makes all requests to GitHub, and `reading/` runs in the parsing
process: files in, candidates out.

Read `ingest.py`, `client.py` and `paths.py` first.
"""
