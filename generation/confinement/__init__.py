"""Kernel sandbox of child processes that read untrusted files: Landlock and seccomp, without privileges.

`confine.py` is the entry. Read `confine.py`, `landlock.py` and `seccomp.py` first.
"""
