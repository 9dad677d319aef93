"""PostgreSQL: the image's entry point, the server, its wire protocol, and the clients psql and pg_isready."""
