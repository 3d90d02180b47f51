"""Code that the adapters of platforms share; the adapters lie in `platforms/`.

`registry.py` is the entry: it loads an adapter by the name of its package. Read `contract.py` (the results
of a post), `connecting.py` and `collecting.py` first.
"""
