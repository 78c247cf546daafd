"""One source to canonical tables: files, databases, encodings, presets, mapping, datum, in-file checks."""
