"""App media in jobs: fetched files, suggestions of ingests, and the sandbox's files.

`media_writer.py` is the entry. Read `media_writer.py`, `picture_suggestions.py` and `sandbox.py` first.
"""
