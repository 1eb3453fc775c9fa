"""Variants of models: what is done with their files, and what is known of them."""
