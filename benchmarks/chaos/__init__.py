"""``make chaos``: what the collector promises, held while everything around it breaks.

Each scenario is a module with ``run(folder)`` and ``failures(result)``, started alone by ``make chaos
ONLY=kills``. The collector is the installed command, as a user starts it: its own process, the real engine,
real HTTP.
"""
