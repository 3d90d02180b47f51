"""Webhooks: endpoints of subscribers, events, and their delivery log.

Triggers (db/migrations) write the rows of events and deliveries, so that no change can miss them.
`domain.operations` may import this package.

`events.py` is the entry. Read `events.py`, `deliveries.py` and `attempts.py` first.
"""
