"""Personas of drawn presenters: a name, a voice, a language, and what they disclose.

They are made of a brand's snapshot, a partner's wishes and a seed. Nobody is described, and no life is told.
"""
