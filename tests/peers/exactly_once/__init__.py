"""Every call of a post to TikTok or Instagram, everything that may happen to it, and what became of the post.

`python -m tests.peers.exactly_once` makes the table of docs/reference/exactly-once.md. The platforms are
simulators of ours, whose ledger is the judge; Postgres, the API and the workers are the real ones.
"""
