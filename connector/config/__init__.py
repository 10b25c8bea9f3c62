"""From the environment to settings; the only folder beside app and cli that reads it."""
