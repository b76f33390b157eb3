"""Job files to begin with, and the small data that they read. Each is a data file here; each runs as it is."""
