"""Whether what was known still holds: drifts, and new versions."""
