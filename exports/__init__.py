"""Any address to a file: CSV, JSON, XLSX; python -m exports."""
