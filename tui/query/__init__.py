"""Which jobs to show, in which order, and which of them need someone. Pure; knows neither Textual nor the daemon."""
