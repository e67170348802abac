"""What an installation is made of: its licences, its SBOMs, the gate for known vulnerabilities, its images' digests."""
