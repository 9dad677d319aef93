"""Where exercises run: a provider gives a kubeconfig, a clock and a way to bring images in."""
