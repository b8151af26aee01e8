"""Step events: pings that were delivered, each counted once."""
