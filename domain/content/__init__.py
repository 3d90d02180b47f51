"""Content: captions and files, their generation, and their approval.

Connecting and the packages above it may import it. Leasing, on the same level, may not.
"""
