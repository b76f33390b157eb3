"""The graph of a job: its plugins and the datasets between them, drawn with lines, or as Mermaid or dot. Data in, text out:
the terminal UI may draw the same."""
