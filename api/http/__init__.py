"""HTTP/1.1 on the wire: connections, and the exchanges of a request for its answer on them."""
