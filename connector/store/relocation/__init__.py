"""How everything in the file of a SQLite database comes to PostgreSQL: carried, compared row by row, proven."""
