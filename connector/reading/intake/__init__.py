"""What was written on a ticket, on its way in. Pure.

Everybody who may send an e-mail to a desk writes into its tickets. Each adapter passes every text through ``taken_in``
and every entry through an ``Intake``: whoever reads behind that can rely on their bounds. What is left out is counted.
"""
