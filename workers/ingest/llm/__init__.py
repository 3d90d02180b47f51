"""Language model of an ingest. It is optional: a failure keeps the rules' result and adds a warning.

The model gets the source's prose, and the partner's own corrections of other brands as examples, as data. Its
claims become candidates of seven fields, below the source's declarations, and only if they quote that prose.

`suggest.py` is the entry. Read `suggest.py`, `evidence.py` and `answer.py` first.
"""
