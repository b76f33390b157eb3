"""Runs job specs on this machine and controls them: a daemon with the store, workers that move the data, and a client."""
