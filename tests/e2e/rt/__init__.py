"""The connector against an unmodified Request Tracker 5 from Debian's packages: ``make e2e-rt``."""
