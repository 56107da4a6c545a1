"""Networks and measures that read pixels."""
