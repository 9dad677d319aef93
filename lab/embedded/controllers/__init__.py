"""Controllers and scheduler: what turns the wishes in the API into pods, endpoints and clean-up."""
