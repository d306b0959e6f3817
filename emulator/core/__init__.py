"""What is true of every vendor: plain Python without Flask, sockets or a vendor's word."""
