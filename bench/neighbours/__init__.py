"""Neighbours: what a tenant notices while another tenant, or a stranger, attacks.

Each attack runs in a process of its own against real processes of the product. What the victim does is
timed at rest first, and then beside the attack.
"""
