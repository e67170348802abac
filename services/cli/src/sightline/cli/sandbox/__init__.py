"""An isolated gallery for independent testing: own secrets, broker and ports, the models of the system in use."""
