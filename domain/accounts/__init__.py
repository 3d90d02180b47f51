"""Accounts: social accounts, their credentials, their servers, and what each platform allows.

Publishing, leasing, connecting and what is above them may import it; not media and oauth beside it.
"""
