"""Pure drawing: numbers into words, values into braille, text into cells. Knows no widgets and no daemon."""
