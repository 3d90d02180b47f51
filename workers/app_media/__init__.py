"""App media in jobs: fetched files, suggestions of ingests, and the sandbox's files."""
