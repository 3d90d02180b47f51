"""Tenancy: organizations, their API keys and audit log, idempotency records, and the locks of projects.

Every package above it may import it; it imports security and values.
"""
