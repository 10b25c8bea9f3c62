"""The web side: webhooks in, health, metrics, a status page. No call to a ticket system is made in a request."""
