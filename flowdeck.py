"""The public names of flowdeck, for scripts and plugin authors. Everything else may move between versions."""
