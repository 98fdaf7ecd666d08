"""Lower bounds of the exact cost, as sums and maxima of products over groups."""
