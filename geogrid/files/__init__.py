"""Files of every accepted format, taken apart into raw tables and written again; ``geogrid.io`` is the way in."""
