"""The terminal UI in the browser: who may come in, the page, and a process for each visitor. Nothing of the interface itself.

Imports aiohttp and textual-serve, which the extra ``web`` brings; only the command `flowdeck web` leads here.
"""
