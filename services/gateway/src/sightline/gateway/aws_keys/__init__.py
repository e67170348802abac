"""Access keys for AWS's clients: each stands for an API key, with whose rights the gateway then calls."""
