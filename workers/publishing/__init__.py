"""An attempt to publish a post: what it knows (`attempt`) and the table of its phases (`phases`).

The task `publish_post` alone imports it. It knows adapters by their contract, and no single platform.
"""
