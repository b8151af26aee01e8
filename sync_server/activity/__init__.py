"""Use of the product, as other services tell it: what personas are built from."""
