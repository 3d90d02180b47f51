"""Connecting: the way from a person's consent to an account with a token, and the token's life.

Projects, jobs and operations may import it.
"""
