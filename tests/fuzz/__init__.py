"""Targets that take any bytes: `make fuzz` looks for inputs that break them, the suite tries a hundredth of that."""
