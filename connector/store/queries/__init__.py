"""The statements of the store, by what they are about. Each function runs inside the caller's transaction."""
