"""Assert: a sink that checks what arrives."""
