"""Tests mirror the modules; paper-sized towns stand in ``builders``."""
