"""Sources and sinks, one module per connector, found by the registry."""
