"""Programs for those who work on cmfw; none of them is installed with it."""
