"""What operators do, without HTTP: run jobs, change configs, back up, find the process that owns the data."""
