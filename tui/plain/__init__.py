"""The terminal UI in plain lines, without Textual: for scripts, pipes and screen readers. Words carry everything."""
