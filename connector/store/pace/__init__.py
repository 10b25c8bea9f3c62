"""How fast tickets are taken up and go up: what was open before, and what waits at the brake."""
