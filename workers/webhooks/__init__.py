"""Webhooks on their way out: signed, sent through the guard, and what the receivers' answers mean.

Only the task of kind `deliver_webhook` imports it, and whatever signs for a receiver as it does.
"""
