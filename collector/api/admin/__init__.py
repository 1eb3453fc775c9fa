"""``/v1/admin``: what operators may do over HTTP, with the admin token."""
