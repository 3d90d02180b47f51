"""Influencers: drawn presenters of a project's content. They read brands, and never content.

`domain.content` and the packages above it may import it.

`influencers.py` is the entry. Read `influencers.py`, `creating.py` and `drawing_job.py` first.
"""
