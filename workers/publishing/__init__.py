"""An attempt to publish a post.

`attempt` has what an attempt knows, `phases` a function for each phase, `loop` the table of them.
The task `publish_post` alone imports it. It knows adapters by their contract, and no single platform.
"""
