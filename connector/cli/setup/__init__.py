"""``escalator init``: asks for what is needed, tries it, proposes the rest of what it finds, and writes ``.env``."""
