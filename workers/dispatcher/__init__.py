"""Dispatcher: finds due jobs every 50 ms, and runs the chores of the whole platform.

`loop.py` is the entry. Read `loop.py`, `leader.py` and `chores.py` first.
"""
