"""Lower bounds and option pruning before the solver."""
