"""A sandbox's platforms: pure functions of their input, without a network.

docs/reference/api.md has their magic values.
"""
