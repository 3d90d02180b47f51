"""Copywriting: each line is a clause of the brand's own text, or a formula around its names.

`write.py` is the entry; `tones.py` selects lines by the brand's tone. Read `write.py`, `clauses.py` and
`model.py` first.
"""
