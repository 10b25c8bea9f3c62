"""One folder per ticket system, each meeting the protocol in ``adapters.contract``."""
