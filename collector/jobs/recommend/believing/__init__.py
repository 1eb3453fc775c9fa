"""What a class believes of its arms: its own votes, its parents', relatives' and other models'."""
