"""What kind of user somebody is, computed from what they do."""
