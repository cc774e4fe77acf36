"""The service's routes, one noun per module."""
