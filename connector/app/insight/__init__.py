"""What looks back by itself."""
