"""The HTTP API: one module a route."""
