"""The CP-SAT model: the only place that imports ortools."""
