"""Derivation of keywords, voice, audience and ICP from a source's prose, by rules and with quotes.

`derive.py` is the entry; each other module has the rules of one field. Derived values are less sure than
declared ones: `docs/explain/brand.md` has the confidence of each rule.

Read `derive.py`, `keywords.py` and `voice.py` first.
"""
