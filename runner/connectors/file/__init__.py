"""LocalFile: reads and writes files of this machine, exactly once."""
