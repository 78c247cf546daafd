"""Canonical tables at rest: import, snapshots, marts, and frames handed out only for a scope."""
