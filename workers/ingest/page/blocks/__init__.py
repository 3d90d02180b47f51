"""Blocks of a page: its texts by nearest block element, each with its purpose and its speaker.

Entry: `classify_page_blocks`. Files to read first: `walk.py`, `roles.py`, `cues.json`.
"""
