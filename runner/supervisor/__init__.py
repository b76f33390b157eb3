"""Decides and controls: the state machine at work, spawning, heartbeats, restarts, checkpoint coordination, hot reload."""
