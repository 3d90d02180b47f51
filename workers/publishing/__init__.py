"""An attempt to publish a post.

`attempt` has an attempt's state, `phases` a function for each phase, `loop` the table of them. Only the task
`publish_post` imports it. It uses adapters by their contract, and is independent of the platform.
"""
