"""The OpenAPI document, generated from the routes, their signatures and `requires`, and the msgspec types."""
