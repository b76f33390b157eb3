"""Writes a resolved document in other formats. pyhocon's converter does the writing; what it writes is read back and compared,
because it does not escape everything it should."""
