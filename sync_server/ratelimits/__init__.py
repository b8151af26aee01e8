"""How many requests a user or an address may send."""
