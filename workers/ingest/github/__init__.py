"""A GitHub repository's word on a brand.

`ingest.py` is the way in, `client.py` the only code that asks GitHub, and `reading/` what the parsing process
does with the files: bytes in, candidates out.
"""
