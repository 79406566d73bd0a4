"""Chinese words, one module for each area of the command line."""
