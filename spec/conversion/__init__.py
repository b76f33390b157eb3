"""Writes a resolved document in other formats. pyhocon's converter writes HOCON, YAML and properties; what it writes is read
back and compared, because it takes dotted keys apart, puts no quotes around keys and texts that need them in YAML, and leaves
out nulls in lists. Each format therefore hands it a tree in which those are settled. JSON is the standard library's: pyhocon
does not escape the keys of JSON."""
