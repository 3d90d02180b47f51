"""A sandbox's platforms: pure functions of their input, without a network.

`publish.py` is the entry. Read `connect.py` and `collect.py` next. docs/reference/api.md has their magic
values.
"""
