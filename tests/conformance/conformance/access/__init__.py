"""What a pipeline needs to be allowed, and what must stay denied, asked of the policies in the templates."""
