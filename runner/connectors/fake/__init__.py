"""FakeSource: made-up rows, the same for the same seed and row number."""
