"""What would have been done to past tickets: their history replayed through the very rules that decide live."""
