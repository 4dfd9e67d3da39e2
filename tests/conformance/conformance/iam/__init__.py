"""A small evaluator of IAM policies, written for the suite alone: a second opinion on what the templates allow."""
