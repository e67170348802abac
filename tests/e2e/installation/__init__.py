"""Files that use one running installation; it ends with the last of them."""
