"""Threads and sockets: what waits in real time, so that nothing else has to."""
