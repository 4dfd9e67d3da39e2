"""How `benches/run` measures. Standard library only."""
