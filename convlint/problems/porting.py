"""CL8xx: portability, porting and cost."""
