"""The composition root: wires the parts, starts processes."""
