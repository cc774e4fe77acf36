"""Files from strangers, read in a process of its own that can do nothing else; see `reading.read_apart`.

What a reader of formats can be made to do ends with that process: it holds no secret, reaches no network, sees the given files
and the program's own, writes into one folder, starts nothing, and has so much memory and time and no more.
"""
