"""One function an address: filters, scope and snapshot in, a small table with its definition out."""
