"""Security: the keyrings, what is sealed with them, and the secrets of jobs.

Every package but values may import it; it imports none.
"""
