"""HaloPSA (and HaloITSM, which shares its API): the adapter, and a strict simulator beside it."""

NAME = "halopsa"
