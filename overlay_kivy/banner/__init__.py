"""The strip at the window's edge."""
