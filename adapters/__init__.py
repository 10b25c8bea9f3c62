"""One folder per ticket system, each meeting the protocol in ``connector.systems.contract``."""
