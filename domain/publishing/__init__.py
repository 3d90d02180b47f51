"""Publishing: posts from their schedule to what became of them on a platform.

Content, leasing, connecting and what is above them may import it; not brand beside it.
"""
