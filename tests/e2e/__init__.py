"""Tests against ticket systems that none of us wrote. Not part of ``make test``."""
