"""The page Insight: the report's figures over time, drawn, as tables and as sheets."""
