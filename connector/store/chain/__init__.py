"""What is done with whole chains of the audit trail: cut off what is old, prove what is there."""
