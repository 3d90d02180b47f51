"""The OpenAPI document, made from what runs: routes, their signatures and `requires`, the msgspec shapes."""
