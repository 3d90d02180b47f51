"""Projects: a partner's customers, and what becomes of one that is archived.

Jobs and operations may import it.
"""
