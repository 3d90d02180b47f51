"""Influencers: drawn presenters of a project. They read brands and know no content, which has them speak.

`domain.content` and what is above it may import this package.
"""
