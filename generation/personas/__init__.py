"""Personas of drawn presenters: a name, a voice, a language, and a disclosure.

A persona comes from a brand's snapshot, a partner's wishes and a seed. It depicts no real person and has no
biography.

`personas.py` is the entry. Read `personas.py`, `prompts.py` and `names.py`.
"""
