"""Which tutorials may start for a user now."""
