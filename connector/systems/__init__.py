"""What a ticket system must offer: contract, variables, desk, and the catalogue that finds them."""
