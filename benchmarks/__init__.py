"""What things cost, both sides in one run: python -m benchmarks."""
