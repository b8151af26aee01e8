"""Every speed claim of the project, measured beside its limit and its peers in one run."""
