"""``escalator demo``: a service desk's morning on a simulated ticket system, at high speed."""


def main() -> int:
    """Run the demo; returns the exit code."""
    # The simulator and the screen are loaded when somebody wants to see them, not with every command.
    from connector.demo.show import main as show

    return show()
