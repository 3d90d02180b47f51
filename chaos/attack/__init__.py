"""`tenantry attack`: tests tenancy, scopes and costs of a running API, driven by its OpenAPI document."""
