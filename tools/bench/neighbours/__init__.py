"""Noisy neighbours: effects on a tenant while another tenant, or a stranger, attacks.

Each attack runs in its own process against real processes of the product. The victim's actions are timed at
rest first, then during the attack.

`measure.py` is the entry. Read `row.py` (an attack), `victim.py` and `attacking.py` first.
"""
