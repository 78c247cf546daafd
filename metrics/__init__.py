"""Tables in, table out: every formula of the product, pure Polars, numpy and scipy."""
