"""What a Windows machine does with a flow. ``reference`` is the specification, ``exact`` answers for whole sets of flows."""
