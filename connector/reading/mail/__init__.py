"""Mail that somebody else wrote, as it stands in a note: where it begins, in many languages and programs."""
