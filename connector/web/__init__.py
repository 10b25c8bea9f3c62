"""The web side: webhooks in, health, metrics, the console. Taking a webhook in calls no ticket system."""
