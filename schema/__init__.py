"""The words everybody shares: contracts, units, errors, settings, scope, filters and wording."""
