"""App media outside of requests: files that jobs fetch and ingests meet, and those that a sandbox gets."""
