"""The sync server: tutorials, assignment, personas and surveys on PostgreSQL."""
