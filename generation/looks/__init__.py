"""Looks: families of HTML and CSS templates, drawn without a browser in a confined process.

`deck.py` is the entry: it chooses a look and draws a piece's slides. Read `slide.py`, `fitting.py` and
`drawer.py` first. `families/` has our own looks; partners' templates are the same files, and `lint.py` checks both.
"""
