"""A sandbox's platforms: pure functions of their input, without a network (api.md 1)."""
