"""Brands of projects: their sources, ingests and GitHub installations.

Projects, jobs and operations may import it. Publishing, on the same level, may not.

`brand.py` is the entry. Read `brand.py`, `ingests.py` and `github_installations.py` first.
"""
