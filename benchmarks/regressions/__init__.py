"""How surely, how soon and how fast regressions are found: ``make bench-regressions``."""
