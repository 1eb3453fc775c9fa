"""``make demo``: the whole loop on one machine, with a real browser, model, collector and Alertmanager.

``scenario`` reads as what happens; ``outcome`` says what it came to and what must hold. docs/demo.md explains
the output.
"""
