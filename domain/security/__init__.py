"""Security: keyrings, sealing, and the secrets of jobs.

Every package but values may import it; it imports none.
"""
