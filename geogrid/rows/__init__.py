"""What a canonical table is made of and how its rows are judged; ``geogrid.schema`` is the way in."""
