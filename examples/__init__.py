"""Real apps that use the SDK with real models, and the demo that visits one of them."""
