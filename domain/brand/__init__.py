"""Brand: a project's brand and the sources it is read from, with their ingests.

Projects, jobs and operations may import it; not publishing, which stands beside it.
"""
