"""What the screens know about the daemon: cleaned, immutable, dated. Threads live here; Textual does not."""
