"""The HTTP service of the daemon: routes onto the supervisor's job service. No decisions are made here."""
