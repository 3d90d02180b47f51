"""Command line: `tenantry`, one module for each command.

`__main__.py` is the entry. Read `commands/pools.py`, `shared/command.py` and `shared/session.py` first.
"""
