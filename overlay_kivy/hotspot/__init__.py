"""The beacon on a target."""
