"""Waiting requests: long polling for jobs, and streams of webhook events.

`long_poll.py` is the entry. `event_streams.py` feeds all open streams of a process with it.
"""
