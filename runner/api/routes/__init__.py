"""The routes, one module per noun; each has its handlers in ``ROUTES``."""
