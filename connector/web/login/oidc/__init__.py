"""To log in by an identity provider that speaks OpenID Connect. Loaded only where one is configured."""
