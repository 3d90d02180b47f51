"""Webhooks: who is told of what has happened, and what became of each telling.

Events and their deliveries are rows that triggers write (db/migrations), so that no change can forget them.
`domain.operations` may import this package.
"""
