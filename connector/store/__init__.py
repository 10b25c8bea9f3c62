"""The durable core's ground: the tables, their migrations, and the engine that reaches them."""
