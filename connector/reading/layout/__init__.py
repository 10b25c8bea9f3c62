"""How a note is laid out: what its headings are called, its lists, wrapped lines, what was pasted, how it is signed."""
