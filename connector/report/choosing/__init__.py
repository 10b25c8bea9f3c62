"""Which limits to choose: two policies compared, and what would have caught what took too long."""
