"""The console in a real browser: ``make e2e-web``."""
