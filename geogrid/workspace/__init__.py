"""What stands behind ``geogrid.store``: how a workspace's tables are defined, laid out, read and written."""
