"""Peers for comparison in the same run, each in the configuration of its users, at its best.

`plain_arq.py` is the peer of jobs, `bare.py` of requests, `bare_events.py` of events.
"""
