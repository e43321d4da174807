"""Claims about rounding, tried: every way known to compute an operation, carried out against the bits that came."""
