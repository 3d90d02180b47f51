"""Projects: a partner's customers, and their archive.

Jobs and operations may import it.
"""
