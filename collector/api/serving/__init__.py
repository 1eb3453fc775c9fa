"""HTTP itself: the server, its bounds, CORS, and one shape for every error."""
