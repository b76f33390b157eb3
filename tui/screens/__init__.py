"""The screens: what fills the terminal, and the dialogs on top of it."""
