"""What runs with TensorFlow, in the environment of the converters; it imports nothing of Inferfleet."""
