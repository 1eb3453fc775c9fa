"""What runs beside the hot path: a job loads from the store, decides purely, and writes what it decided."""
