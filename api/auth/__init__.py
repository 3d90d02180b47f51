"""Authentication: API keys of partners, and keys of SDK apps with the origin of a web key's page.

`api_keys.py` is the entry, `sdk_keys.py` the one of events.
"""
