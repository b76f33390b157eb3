"""The terminal face of flowdeck: the Textual application, and the command line in :mod:`tui.cli`."""
