"""Who is bound to whom and who is owed what: bindings, rules, entries, statements, disputes, simulator."""
