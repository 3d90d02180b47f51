"""Blocks of a page: its texts by nearest block element, each with its purpose on the page and its speaker.

Entry: `classify_page_blocks` in `roles.py`. Read first: `walk.py`, `hero.py`, `roles.py`; the words are in `cues.json`.
"""
