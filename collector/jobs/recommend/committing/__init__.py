"""When a class is sure of an arm."""
