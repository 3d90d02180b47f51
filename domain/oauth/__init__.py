"""OAuth: the states of flows that people are sent through, and the URLs that they return to.

Brand, connecting and what is above them may import it; not accounts and media, which stand beside it.
"""
