"""Projects: a partner's customers, and their archive.

Jobs and operations may import it.

`projects.py` is the entry, `archive_status.py` ends a project.
"""
