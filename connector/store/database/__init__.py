"""How rows are read and written at all: engine, schema, tables, what is common to both databases."""
