"""Matrix of every call of a post to TikTok or Instagram, every fault of it, and the post's outcome.

`python -m tests.peers.exactly_once` writes the table of docs/reference/exactly-once.md. The platforms are
simulators with a ledger as oracle; Postgres, the API and the workers are real.
"""
