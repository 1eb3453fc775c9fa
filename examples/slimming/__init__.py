"""A model made small, step by step: trained, measured, published and served (README.md)."""
