"""Page reader: extracts candidates from one HTML page, in the parsing process.

`extract.py` is the entry. Each other module is the ladder of one field, or one view of the page. A ladder
lists its rules from top to bottom, each with the confidence of its candidates.

Read `extract.py`, `document.py` and `brand_names.py` first.
"""
