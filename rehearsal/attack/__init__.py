"""`tenantry attack`: tries tenancy, scopes and costs of a running API, by its own OpenAPI document."""
