"""What a person chooses about the terminal UI: the settings file, the keys, and what the program remembers by itself.

Knows neither Textual nor the daemon.
"""
