"""Savepoints as directories that can be carried to another home or machine."""
