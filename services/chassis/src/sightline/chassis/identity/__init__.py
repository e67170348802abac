"""Who is asking, and what they may do: credentials come in, a principal with rights goes out."""
