"""Brands of projects: their sources, ingests and GitHub installations.

Projects, jobs and operations may import it. Publishing, on the same level, may not.
"""
