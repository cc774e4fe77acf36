"""What the outside touches: the command line and the HTTP service."""
