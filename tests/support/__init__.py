"""What tests of several packages share: a real PostgreSQL and real server processes."""
