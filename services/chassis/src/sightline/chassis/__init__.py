"""What every service stands on: settings, logs, errors, bus, rpc, lifecycle, health, metrics."""
