"""Long jobs: asked for, waiting in the service's file, done one by one in processes of their own, and told of on the way."""
