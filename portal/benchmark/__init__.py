"""What it takes to measure the portal: nothing of it is read when the portal serves."""
