"""What every adapter must do: ``connector/systems/contract.py`` as named tests, run on every system's desk.

The tests ask a fixture ``world`` for a desk and connections to it. Here it stands for the simulator of each system that
is found, so a new adapter is tested as soon as its folder is there. To hold a real system to the same contract, import
the tests into a module whose ``conftest.py`` gives another ``world`` (see ``worlds.World``):

    from tests.contract.test_reading import *
"""
