"""The OpenAPI document, generated from the routes, their signatures and `requires`, and the msgspec types.

`document.py` is the entry. Read `document.py`, `operations.py` and `shapes.py` first.
"""
