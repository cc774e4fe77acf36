"""Where facilities should stand: the classical location problems on pairs of demand and candidate."""
