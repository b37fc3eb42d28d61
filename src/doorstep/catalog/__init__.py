"""What exists and can be searched, and who may see it: SQL, and memory for tests."""
