"""Dividing land into grids: what the smallest pieces are, which lie side by side, and who gets which."""
