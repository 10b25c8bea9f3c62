"""What happened to a desk's tickets, or would have: rows, figures, sentences, a page; the same for past and present."""
