"""How a page of HTML is taken apart, and put together as lines."""
