"""`tenantry attack`: tests tenancy, scopes and costs of a running API, driven by its OpenAPI document.

`command.py` is the entry. Read `perform.py` (a run), `tenancy.py` and `costs.py` first.
"""
