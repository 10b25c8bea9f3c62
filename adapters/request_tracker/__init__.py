"""Request Tracker: see README.md in this folder. Nothing outside this folder knows the vendor."""

NAME = "rt"
