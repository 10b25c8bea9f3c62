"""The commands of ``escalator``, small and apart; ``connector.cli`` puts them together."""
