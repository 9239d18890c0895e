"""The judge as an HTTP service. Needs `hone[serve]`; imports nothing that learns."""
