"""Runs lessons and labs as readers and students will, before they get them."""
