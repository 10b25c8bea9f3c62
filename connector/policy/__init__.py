"""The ladder and its limits: the types, their JSON document, its schema. Pure."""
