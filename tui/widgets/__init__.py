"""The pieces that screens are made of. Line-API widgets: a change repaints the lines that changed and no others."""
