"""Neural-network files -> workloads."""
