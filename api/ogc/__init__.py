"""OGC API – Features: what is published, and with rights what the workspace holds, as collections of features."""
