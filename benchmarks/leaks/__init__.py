"""How surely and how soon leaks are found, and how often honest pages are accused: ``make bench-leaks``."""
