"""The shell of the simulated containers: ash's language, every blocking step of it waiting on the agenda."""
