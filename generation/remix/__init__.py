"""Remixes: a partner's clip, which is never trusted, made a post of 9:16 with a brand's copy."""
