"""The HTTP surface. ``collector`` composes the parts of the process, ``app`` the routes.

A report's path begins in ``report``; everything else is plain FastAPI.
"""
