"""PostgreSQL: the pool, named queries, migrations, and an embedded server."""
