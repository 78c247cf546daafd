"""What people wrote and what must never be rewritten: SQL at rest, and the append-only, hash-chained log."""
