"""Tenancy: organizations, API keys, the audit log, idempotency records, project locks and sandbox clocks.

Every package above it may import it; it imports security and values.
"""
