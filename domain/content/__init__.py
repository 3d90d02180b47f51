"""Content: captions and files, and the approval that they need before they go out.

Connecting and what is above it may import it; not leasing, which stands beside it.
"""
