"""An attempt to publish a post.

`loop.py` is the entry, with the table of phases. `phases.py` has a function for each phase, `attempt.py` an
attempt's state. Only the task `publish_post` imports it. It uses adapters by their contract,
and is independent of the platform.
"""
