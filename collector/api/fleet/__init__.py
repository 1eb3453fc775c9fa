"""The fleet page at ``/``: its files, and the JSON that its panels are drawn from."""
