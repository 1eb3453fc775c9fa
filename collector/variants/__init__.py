"""Variants of a model: made, measured, chosen by evidence."""
