"""The broker of a local system, as the process that it is."""

import os
import signal
from pathlib import Path

from sightline.cli.installation import Installation


def reload_broker(installation: Installation) -> bool:
    """Make the broker of a running system read its configuration and certificates again; whether there was one."""
    if installation.running() is None:
        return False
    try:
        process = int(installation.broker_pid.read_text())
        # Another program may have the number by now.
        if str(installation.broker_conf).encode() not in Path(f"/proc/{process}/cmdline").read_bytes():
            return False
        os.kill(process, signal.SIGHUP)
    except (OSError, ValueError):
        return False
    return True
