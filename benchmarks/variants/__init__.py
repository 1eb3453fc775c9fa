"""What variants of four real models weigh, cost and compute, and how long it takes to find that out."""
