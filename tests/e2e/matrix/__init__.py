"""Files that try every RPC against one running system; it ends with the last of them."""
