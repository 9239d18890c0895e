"""The judge as an HTTP service. Needs the extra `serve`; imports nothing that learns."""
