"""`python -m sightline.cli`, for machines where the script is not on PATH."""

from sightline.cli.app import main

if __name__ == "__main__":
    main()
