"""Design spaces of accelerators: parameters, energies, areas, rules and their files."""
