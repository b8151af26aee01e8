"""Anonymous users that became identified: one person, several user ids."""
