"""The planner's page: small ES modules that run as they are, one subject each, sharing state through one store."""
