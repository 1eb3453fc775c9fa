"""What a class tries beside the arm that it recommends: shares of its installs, and races."""
