"""Outgoing webhooks: signed, sent through the SSRF guard, with the receivers' responses classified.

Only the task of kind `deliver_webhook` imports it, and code that signs for a receiver in the same way.

`sending.py` is the entry, `signing.py` has the signature.
"""
