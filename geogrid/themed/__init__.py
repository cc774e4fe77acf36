"""The makers of themes, one subject a module; `geogrid.placethemes` lists them."""
